"""A database's address in the parts that a form shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from app.models.location import ServerLocation

USUAL_PORT = 5432
_SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """
    Attributes:
        server: A name or an IP address; a folder where the server's socket lies; several with commas between them.
        options: What else a pasted address said, such as where the server's certificate is.
    """

    server: str = ""
    port: int = USUAL_PORT
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, location: ServerLocation) -> ServerAddress:
        parts = urlsplit(location.url)
        # To libpq a plus sign is no blank.
        options = dict(parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True))
        server = options.pop("host", "") or parts.hostname or ""
        port = parts.port or USUAL_PORT
        if options.get("port", "").isdecimal():  # several servers may have a port each
            port = int(options.pop("port"))
        return cls(
            unquote(server),
            port,
            unquote(parts.path.removeprefix("/")),
            unquote(parts.username or ""),
            location.password,
            tuple(options.items()),
        )

    def location(self) -> ServerLocation:
        """
        Raises:
            UserFacingError: it is no address.
        """
        from app.models.location import ServerLocation, parse_location

        options = dict(self.options)
        port = "" if "port" in options else f":{self.port}"
        if self.server.startswith(("/", "@")) or "," in self.server:
            options = {"host": self.server, "port": options.get("port", str(self.port))} | options
            place = ""
        else:
            place = (f"[{self.server}]" if ":" in self.server else quote(self.server, safe="")) + port
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        location = parse_location(f"postgresql://{user}{place}/{quote(self.database, safe='')}{query}")
        if not isinstance(location, ServerLocation):
            raise TypeError(location)
        return replace(location, password=self.password)


def looks_like_address(text: str) -> bool:
    """Whether *text* was meant as a whole address, not as the name of a server."""
    return text.strip().startswith(_SCHEMES)


def server_words(location: ServerLocation) -> str:
    """What the server at *location* is called."""
    name = ServerAddress.of(location).server
    if not name or name.startswith(("/", "@")):
        return QCoreApplication.translate("Start", "this computer’s server")
    return name


def place_words(location: object) -> str:
    """Where a workspace is, as the sidebar says it under its name: "on this computer", "on db.example.org"."""
    from app.models.location import ServerLocation

    if isinstance(location, ServerLocation):
        return QCoreApplication.translate("Start", "on {0}").format(server_words(location))
    return QCoreApplication.translate("Start", "on this computer")
