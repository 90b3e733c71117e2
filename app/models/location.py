"""Where a workspace lies: in a file, or in a database of a PostgreSQL server."""

import ipaddress
import os
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlencode

from app.errors import UserFacingError

_SCHEMES = ("postgresql://", "postgres://")
_LAST_PORT = 65_535
_IN_THE_OPEN = frozenset({"host", "port", "user", "dbname"})
_SECRET = frozenset({"password", "sslpassword", "scram_client_key", "oauth_client_secret"})


class UnsafeConnection(UserFacingError):
    """The address asks for less protection than a connection over a network needs."""


@dataclass(frozen=True, slots=True)
class ServerLocation:
    """A database of a PostgreSQL server.

    Attributes:
        url: Its address without the password, so it may be shown, stored and logged.
        name: What the database is called.
        password: Empty where PGPASSWORD or a password file has it, or none is needed.
    """

    url: str
    name: str
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.url


Location: TypeAlias = Path | ServerLocation


def parse_location(text: str) -> Location:
    """The place that *text* names: a path, or an address such as `postgresql://user@host/database`.

    Raises:
        UserFacingError: it begins like an address and is none.
    """
    if not text.startswith(_SCHEMES):
        return Path(text)
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    except psycopg.ProgrammingError:
        # What the library says of it may quote the password.
        raise _no_address() from None
    # Of a password with a bare @ in it the library takes the rest for the server's name, which would be shown.
    if "@" in parts.get("host", "").lstrip("@") or not all(map(_is_port, parts.get("port", "").split(","))):
        raise _no_address()
    if not parts.get("dbname"):
        raise UserFacingError(
            "The address does not name a database.", "It has the form postgresql://user@host/database."
        )
    return ServerLocation(_shown(parts), parts["dbname"], parts.get("password", ""))


def _no_address() -> UserFacingError:
    return UserFacingError(
        "This is no address of a database.",
        "It has the form postgresql://user@host/database; write @, : and / in a name as %40, %3A and %2F.",
    )


def _is_port(text: str) -> bool:
    return not text or (text.isdecimal() and 0 < int(text) <= _LAST_PORT)


def protection(parts: dict[str, str]) -> dict[str, str]:
    """What a connection with *parts* needs so that nobody on the way can read it or pose as the server.

    Args:
        parts: The parameters of the connection, as libpq would use them (PostgreSQL manual, section 34.1).

    Raises:
        UnsafeConnection: they ask for less.
    """
    if "service" not in parts and all(map(_is_here, _hosts(parts))):
        return {}
    wanted = parts.get("sslmode", "verify-full")
    if wanted not in ("verify-full", "prefer"):  # libpq's own answer to silence is "prefer"
        raise UnsafeConnection(
            "The connection to the database server would not be safe.",
            "Leave sslmode out of the address, or set it to verify-full.",
            detail=f"sslmode={wanted}",
        )
    return {"sslmode": "verify-full"} | ({} if "sslrootcert" in parts else _trusted())


def _trusted() -> dict[str, str]:
    """The authorities to trust: the user's own file for PostgreSQL, or else all that this computer trusts."""
    folder = (
        Path(os.environ.get("APPDATA", ""), "postgresql") if sys.platform == "win32" else Path.home() / ".postgresql"
    )
    if (folder / "root.crt").is_file():
        return {}
    bundle = ssl.get_default_verify_paths().cafile
    return {"sslrootcert": bundle or "system"}


def _hosts(parts: dict[str, str]) -> list[str]:
    return (parts.get("hostaddr") or parts.get("host") or "").split(",")


def _is_here(host: str) -> bool:
    """Whether a connection to *host* stays on this computer: a socket in a folder, or the loopback address."""
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(parts: dict[str, str]) -> str:
    """The address again, without its secrets. A host that is a folder goes to the end, as a parameter."""
    host, extra = parts.get("host", ""), {key: parts[key] for key in sorted(parts.keys() - _IN_THE_OPEN - _SECRET)}
    if host.startswith(("/", "@")) or "," in host:
        extra = {"host": host} | ({"port": parts["port"]} if "port" in parts else {}) | extra
        place = ""
    else:
        place = (f"[{host}]" if ":" in host else quote(host)) + (f":{parts['port']}" if "port" in parts else "")
    user = f"{quote(parts['user'], safe='')}@" if "user" in parts else ""
    # To libpq a plus sign is no blank.
    query = f"?{urlencode(extra, quote_via=quote)}" if extra else ""
    return f"postgresql://{user}{place}/{quote(parts['dbname'], safe='')}{query}"
