"""Whether other programs on this computer may send single messages: off at first; on, with a port and a token.

Whoever has the token can send in the user's name, so it is shown once and known by its hash alone. It has 256 random
bits, which nobody guesses, so that a plain hash keeps it as well as a slow one would.
"""

import hashlib
import http.client
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from app.errors import UserFacingError
from app.models.tables import ApiAccess
from app.models.workspace import Workspace

HOST = "127.0.0.1"
DEFAULT_PORT = 8425
LOWEST_PORT, HIGHEST_PORT = 1024, 65_535
_TOKEN_BYTES = 32
_PATIENCE_S = 1.0


class Listening(StrEnum):
    """Who answers on the port."""

    WE = "we"
    NOBODY = "nobody"
    ANOTHER = "another"
    """Another program, or the agent of another workspace."""


@dataclass(frozen=True, slots=True)
class Access:
    """What other programs may: come to *port* with the token of this hash."""

    port: int
    token_sha256: bytes = field(repr=False)

    @property
    def realm(self) -> str:
        """What the door calls itself to those who bring no token, by which the app knows its own."""
        return hashlib.sha256(self.token_sha256).hexdigest()[:16]


def get_access(workspace: Workspace) -> Access | None:
    """What other programs may; None if nothing."""
    with workspace.read() as session:
        row = session.get(ApiAccess, 1)
        return None if row is None else Access(row.port, row.token_sha256)


def allow(workspace: Workspace, *, port: int) -> str:
    """Let other programs in at *port*, and return the new token; one that was given out before opens nothing more.

    Raises:
        UserFacingError: it is no port for a program of a user.
    """
    _check_port(port)
    token = f"mmd_{secrets.token_urlsafe(_TOKEN_BYTES)}"
    with workspace.write() as session:
        session.merge(ApiAccess(id=1, port=port, token_sha256=token_hash(token)))
    return token


def set_port(workspace: Workspace, port: int) -> None:
    """Let them in at another port, if they are let in.

    Raises:
        UserFacingError: it is no port for a program of a user.
    """
    _check_port(port)
    with workspace.write() as session:
        row = session.get(ApiAccess, 1)
        if row is not None:
            row.port = port


def forbid(workspace: Workspace) -> None:
    """Let nobody in any more."""
    with workspace.write() as session:
        row = session.get(ApiAccess, 1)
        if row is not None:
            session.delete(row)


def token_hash(token: str) -> bytes:
    """By what a token is known."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def who_listens(access: Access) -> Listening:
    """Knock at the port, without the token, and see who answers; takes a second at most."""
    connection = http.client.HTTPConnection(HOST, access.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/v1")
        challenge = connection.getresponse().getheader("WWW-Authenticate", "")
    except ConnectionRefusedError:
        return Listening.NOBODY
    except (OSError, http.client.HTTPException):
        return Listening.ANOTHER
    finally:
        connection.close()
    return Listening.WE if access.realm in challenge else Listening.ANOTHER


def _check_port(port: int) -> None:
    if not LOWEST_PORT <= port <= HIGHEST_PORT:
        raise UserFacingError("This port cannot be used.", f"Take a number from {LOWEST_PORT} to {HIGHEST_PORT}.")
