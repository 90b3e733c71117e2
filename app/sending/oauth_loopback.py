"""The other end of the redirect: a listener on this computer alone, for as long as one sign-in (RFC 8252 §7.3)."""

import asyncio
import hmac
from dataclasses import dataclass, field
from html import escape
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qsl, urlsplit

from app.errors import UserFacingError
from app.paths import APP_NAME

__all__ = ["Loopback", "Redirect"]

_HOST = "127.0.0.1"
_MAX_HEAD_BYTES = 16_384
_PATIENCE_S = 10.0
_MAX_FIELDS = 20

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="color-scheme" content="light dark"><style>
body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 28em; margin: 20vh auto 0; padding: 0 1.5em }}
h1 {{ font-size: 1.4em }}</style></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""
_DONE = ("Thank you", f"{APP_NAME} has its answer. You can close this page and go back to the program.")
_FAILED = ("Not signed in", f"Go back to {APP_NAME} to see why. You can close this page.")
_UNASKED = ("Nobody asked for this", f"{APP_NAME} is not waiting for this answer. Start the sign-in there again.")


@dataclass(frozen=True, slots=True)
class Redirect:
    """What the provider sent the browser back with: a code, or an error and its description (RFC 6749 §4.1.2)."""

    code: str = field(default="", repr=False)
    error: str = ""
    description: str = ""


class Loopback:
    """Listens on a free port of this computer while entered as a context, and hands out the redirect that is ours.

    One that does not bring *state* back, such as one forged by another page, gets a page that says so and changes
    nothing.
    """

    def __init__(self, *, state: str) -> None:
        self._state = state
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def redirect(self) -> Redirect:
        """Our redirect, waited for as long as it takes."""
        return await asyncio.shield(self._redirect)

    async def __aenter__(self) -> Self:
        """
        Raises:
            UserFacingError: This computer lets no program listen.
        """
        self._redirect: asyncio.Future[Redirect] = asyncio.get_running_loop().create_future()
        try:
            self._server = await asyncio.start_server(self._serve, _HOST, 0, limit=_MAX_HEAD_BYTES)
        except OSError as error:
            raise UserFacingError(
                "This computer does not let the program wait for the answer of the sign-in.",
                "A firewall or security program may be in the way.",
                detail=str(error),
            ) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        self._redirect.cancel()
        # A browser may hold connections open on which it never says a word.
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                page, redirect = self._answer_to(await reader.readuntil(b"\r\n\r\n"))
                writer.write(page)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # not a browser, or one that went away: the sign-in waits on
        finally:
            writer.close()
            self._tasks.discard(task)
        # Only now, because the listener closes as soon as it has the redirect, and the browser wants its page.
        if redirect is not None and not self._redirect.done():
            self._redirect.set_result(redirect)

    def _answer_to(self, head: bytes) -> tuple[bytes, Redirect | None]:
        """The response to a request, and what it brought if it is our redirect."""
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        if method != "GET":
            return _response("405 Method Not Allowed", *_UNASKED), None
        url = urlsplit(rest.partition(" ")[0])
        if url.path not in ("", "/"):
            return _response("404 Not Found", *_UNASKED), None
        try:
            brought = dict(parse_qsl(url.query, max_num_fields=_MAX_FIELDS))
        except ValueError:
            brought = {}
        is_ours = hmac.compare_digest(brought.get("state", "").encode(), self._state.encode())
        if not is_ours or not {"code", "error"} & brought.keys():
            return _response("400 Bad Request", *_UNASKED), None
        redirect = Redirect(brought.get("code", ""), brought.get("error", ""), brought.get("error_description", ""))
        return _response("200 OK", *(_FAILED if redirect.error else _DONE)), redirect


def _response(status: str, title: str, text: str) -> bytes:
    page = _PAGE.format(title=escape(title), text=escape(text)).encode()
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(page)}",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + page
