"""A mail server that delivers nothing: it lives on this computer and shows what would have been sent.

It speaks real SMTP, so practising takes the same way through the program as sending. Some addresses misbehave on
purpose, by the start of the part before the @, so that a newcomer can see what the outcomes look like:

| address | what happens |
| --- | --- |
| ``bounce…@`` | refused: 550 5.1.1, no such mailbox |
| ``full…@`` | put off once: 452 4.2.2, mailbox full; accepted the next time |
| ``slow…@`` | accepted after two seconds |
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

__all__ = ["PracticeMail", "PracticeServer"]

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
SIZE_LIMIT_BYTES = 30_000_000
_SLOW_S = 2.0


@dataclass(frozen=True, slots=True)
class PracticeMail:
    """A message the server accepted, exactly as it came."""

    received_at: datetime
    sender: str
    recipient: str
    content: bytes


Sink = Callable[[PracticeMail], Awaitable[None] | None]


class PracticeServer:
    """An SMTP server on loopback, in the running event loop.

    Args:
        sink: Gets each accepted message; may be a coroutine function. A message is acknowledged when it returns.
    """

    def __init__(self, sink: Sink, *, slow_s: float = _SLOW_S) -> None:
        self._handler = _Handler(sink, slow_s)
        self._server: asyncio.Server | None = None
        self._sessions: set[_PracticeSmtp] = set()

    @property
    def port(self) -> int:
        """Where it listens; a different one after each start."""
        if self._server is None:
            raise RuntimeError("The practice server is not running.")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes every address at INFO
        self._server = await asyncio.get_running_loop().create_server(self._session, HOST, 0)

    async def stop(self) -> None:
        """Close the door and the connections; safe to call twice."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for session in tuple(self._sessions):
            await session.end()
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    def _session(self) -> "_PracticeSmtp":
        return _PracticeSmtp(self._handler, self._sessions)


class _PracticeSmtp(SMTP):
    """One connection."""

    def __init__(self, handler: "_Handler", sessions: "set[_PracticeSmtp]") -> None:
        super().__init__(
            handler,
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            hostname="practice.localhost",
            ident="Mass Mail Dispatcher, practice server",
            loop=asyncio.get_running_loop(),
        )
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._sessions.discard(self)

    async def end(self) -> None:
        """Drop the connection and wait until nothing of it runs any more."""
        if self.transport is not None:
            self.transport.close()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.wait([self._handler_coroutine])


class _Handler:
    """What aiosmtpd calls at each step."""

    def __init__(self, sink: Sink, slow_s: float) -> None:
        self._sink = sink
        self._slow_s = slow_s
        self._were_full: set[str] = set()

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, host_name: str, responses: list[str]
    ) -> list[str]:
        session.host_name = host_name
        return [responses[0], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", *responses[1:]]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("bounce"):
            return "550 5.1.1 This mailbox does not exist, for practice"
        if address.startswith("full") and address not in self._were_full:
            self._were_full.add(address)
            return "452 4.2.2 This mailbox is full, for practice; it will not be the next time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        for recipient in envelope.rcpt_tos:
            if recipient.startswith("slow"):
                await asyncio.sleep(self._slow_s)
            sender, content = envelope.mail_from or "", envelope.original_content or b""
            mail = PracticeMail(datetime.now(UTC), sender, recipient, content)
            try:
                waiting = self._sink(mail)
                if waiting is not None:
                    await waiting
            except Exception:
                logger.exception("The practice server could not keep a message")
                return "451 4.3.0 This message could not be kept"
        return "250 2.0.0 Kept for you to look at"
