"""One connection of another program: HTTP/1.1 (RFC 9112), read by h11, within limits that keep nobody else waiting.

It knows nothing of mail. What a request means, and whether it may be read to its end at all, a `Desk` decides.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Protocol

import h11

MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 1_048_576
READ_S = 15.0
"""How long a request may take to arrive, from the first byte one waits for to the last."""
WRITE_S = 10.0
_LINGER_S = 2.0
_LINGER_BYTES = 8 * MAX_BODY_BYTES
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request; while only its head is known, the body is empty. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """What is answered: a JSON object."""

    status: int
    content: Mapping[str, object] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()


class ApiError(Exception):
    """A request that is not served; *code* is a word for programs, *message* a sentence for people."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", *, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.response = ApiResponse(status, {"error": {"code": code, "message": message, "hint": hint}}, headers)


class Desk(Protocol):
    """What decides about requests."""

    def admit(self, head: ApiRequest) -> None:
        """
        Raises:
            ApiError: the request shall not be read any further.
        """

    async def answer(self, request: ApiRequest) -> ApiResponse:
        """The answer to a request that was admitted. It may take its time, and is never cut short."""


class Dialogue:
    """The requests of one connection, one after the other.

    Attributes:
        is_answering: A request is being worked on, which should not be broken off.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, desk: Desk) -> None:
        self._reader = reader
        self._writer = writer
        self._desk = desk
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._is_head = False
        self.is_answering = False

    async def run(self) -> None:
        """Serve until the other side, or a fault of it, ends the connection; then it is closed."""
        with contextlib.suppress(OSError, TimeoutError):
            while await self._serve_one():
                self._http.start_next_cycle()
        self._writer.close()

    async def refuse(self, error: ApiError) -> None:
        """Answer with *error* whatever is asked, and close."""
        with contextlib.suppress(OSError, TimeoutError):
            await self._send(error.response, is_last=True)
        self._writer.close()

    async def _serve_one(self) -> bool:
        """Serve the next request; whether another may follow."""
        try:
            async with asyncio.timeout(READ_S):
                request = await self._read()
            if request is None:
                return False
            self.is_answering = True
            response = await self._desk.answer(request)
        except ApiError as error:
            response = error.response
        except TimeoutError:
            if self._http.their_state is h11.IDLE and not self._http.trailing_data[0]:
                return False  # nobody was in the middle of saying anything
            response = ApiError(408, "too_slow", f"The request did not arrive within {READ_S:.0f} seconds.").response
        except h11.RemoteProtocolError as error:
            message = "This is not a request of HTTP/1.1 that can be understood."
            response = ApiError(error.error_status_hint, "bad_request", message).response
        try:
            is_last = self._http.their_state is not h11.DONE
            await self._send(response, is_last=is_last)
        finally:
            self.is_answering = False
        if is_last:
            await self._linger()
        return not is_last and self._http.our_state is h11.DONE

    async def _read(self) -> ApiRequest | None:
        """The next request, or None if there will be none.

        Raises:
            ApiError: it is not served.
            h11.RemoteProtocolError: it is none.
        """
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        self._is_head = head.method == b"HEAD"
        headers = dict[str, str]()
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        request = ApiRequest(head.method.decode("latin-1"), head.target.decode("latin-1").partition("?")[0], headers)
        self._desk.admit(request)
        if len(length := headers.get("content-length", "")) > len(str(MAX_BODY_BYTES)) or (
            length and int(length) > MAX_BODY_BYTES
        ):
            raise _too_big()
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise _too_big()
        return ApiRequest(request.method, request.path, headers, bytes(body))

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
            self._http.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _send(self, response: ApiResponse, *, is_last: bool) -> None:
        content = json.dumps(response.content).encode()
        headers = [
            ("Date", formatdate(usegmt=True)),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            *response.headers,
            *([("Connection", "close")] if is_last else []),
        ]
        sent = self._http.send(h11.Response(status_code=response.status, headers=headers))
        if not self._is_head:
            sent = (sent or b"") + (self._http.send(h11.Data(data=content)) or b"")
        await self._write((sent or b"") + (self._http.send(h11.EndOfMessage()) or b""))

    async def _write(self, data: bytes | None) -> None:
        async with asyncio.timeout(WRITE_S):
            self._writer.write(data or b"")
            await self._writer.drain()

    async def _linger(self) -> None:
        """Hear out for a while who is still talking: a connection closed over their words would take ours with it."""
        self._writer.write_eof()
        left = _LINGER_BYTES
        async with asyncio.timeout(_LINGER_S):
            while left > 0 and (data := await self._reader.read(_CHUNK)):
                left -= len(data)


def _too_big() -> ApiError:
    return ApiError(413, "too_big", f"A message may have {MAX_BODY_BYTES // 1024:,} KB of data at most.")
