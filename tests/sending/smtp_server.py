"""An SMTP server that misbehaves on order, and remembers exactly what it accepted.

Each step of the dialogue takes its next `Fault` from the script; without one it answers as it should. Raw asyncio,
because the libraries are too well-mannered to send garbage, half lines or nothing at all.
"""

import asyncio
import base64
import ssl
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self


class Step(StrEnum):
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  # the first bytes after 354 have arrived
    DOT = "dot"  # the final dot has arrived
    RSET = "rset"
    QUIT = "quit"


@dataclass(frozen=True)
class Fault:
    """What to do in place of the proper answer: say these bytes (or the proper ones, later), then maybe hang up.

    Attributes:
        accepts: The message is taken all the same, at the step `DOT`: only the answer goes wrong (RFC 1047).
    """

    name: str
    say: bytes | None = b""
    delay_s: float = 0.0
    hang_up: bool = False
    fall_silent: bool = False
    accepts: bool = False

    def __str__(self) -> str:
        return self.name


def answer(text: str) -> Fault:
    return Fault(text[:3], f"{text}\r\n".encode())


def answer_and_drop(text: str) -> Fault:
    return Fault(f"{text[:3]} and drop", f"{text}\r\n".encode(), hang_up=True)


def late(delay_s: float) -> Fault:
    return Fault("late", None, delay_s=delay_s)


DROP = Fault("drop", hang_up=True)
SILENCE = Fault("silence", fall_silent=True)
GARBAGE = Fault("garbage", b"\x00\xfe\xff<html>\r\n")
HALF_LINE = Fault("half line", b"250 2.0", hang_up=True)
ACCEPT_AND_DROP = Fault("accept and drop", hang_up=True, accepts=True)
ACCEPT_AND_GARBAGE = Fault("accept and garbage", b"\x00\xfe\xff<html>\r\n", accepts=True)
ACCEPT_AND_HALF_LINE = Fault("accept and half line", b"250 2.0", hang_up=True, accepts=True)
HALF_LINE_SILENCE = Fault("half line, silence", b"250-2.0.0 to be continued\r\n25", fall_silent=True)


@dataclass(frozen=True)
class AcceptedMail:
    sender: str
    recipient: str
    content: bytes
    over_tls: bool


class _HungUp(Exception):
    """The server ends this session."""


@dataclass
class SmtpServer:
    """Listens on a free port of 127.0.0.1 while entered as a context.

    Attributes:
        script: The faults still to come at each step, over all sessions.
        always: A fault at each occurrence of a step.
        idle_s: How long a client may say nothing before its session is closed; None for ever.
        mails: What was accepted after the final dot, in order; noted before the 250 leaves.
        commands: Every command line, of all sessions.
        reads: The pieces in which the bytes arrived, to see what travelled together.
        passwords: Every password that was tried.
        tokens: The access tokens that XOAUTH2 takes, for any user.
        tried_tokens: Every user and token that XOAUTH2 was tried with.
        bearer_errors: How many refused XOAUTH2 sign-ins ended as they should, the 334 answered by an empty line.
    """

    pipelining: bool = True
    extensions: tuple[str, ...] = ("8BITMIME", "ENHANCEDSTATUSCODES")
    implicit_tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    opens_message_without_recipients: bool = False
    idle_s: float | None = None

    script: dict[Step, deque[Fault | None]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[Step, Fault] = field(default_factory=dict)
    mails: list[AcceptedMail] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    reads: list[bytes] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    tried_tokens: list[tuple[str, str]] = field(default_factory=list)
    bearer_errors: int = 0
    sessions: int = 0

    def at(self, step: Step, *faults: Fault | None) -> Self:
        """Add faults to the script; None lets the step go well once."""
        self.script[step].extend(faults)
        return self

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]

    def fault_at(self, step: Step) -> Fault | None:
        return self.script[step].popleft() if self.script[step] else self.always.get(step)

    def hang_up(self) -> None:
        """End all sessions at once."""
        for task in self._tasks:
            task.cancel()

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.implicit_tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()
        self.hang_up()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.sessions += 1
        try:
            await _Session(self, reader, writer).serve()
        except (_HungUp, ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            writer.close()  # not waited for: after a failed handshake `wait_closed` never returns
            self._tasks.discard(task)


class _Session:
    def __init__(self, server: SmtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.over_tls = server.implicit_tls is not None
        self.signed_in = False
        self.sender: str | None = None
        self.recipient: str | None = None
        self.buffer = b""

    async def serve(self) -> None:
        await self.reply(Step.GREETING, "220 test.example.org ESMTP")
        verbs: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self.ehlo,
            "STARTTLS": self.start_tls,
            "AUTH": self.auth,
            "MAIL": self.mail,
            "RCPT": self.rcpt,
            "DATA": self.data,
            "RSET": self.rset,
            "QUIT": self.quit,
        }
        while True:
            line = (await self.line()).decode()
            self.server.commands.append(line)
            verb, _, rest = line.partition(" ")
            if verb in verbs:
                await verbs[verb](rest)
            else:
                await self.say("500 5.5.1 Unknown command")

    async def line(self) -> bytes:
        return await self.until(b"\r\n")

    async def until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            await self.read()
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    async def read(self) -> None:
        try:
            async with asyncio.timeout(self.server.idle_s):
                data = await self.reader.read(1 << 20)
        except TimeoutError:
            await self.say("421 4.4.2 Idle for too long")
            raise _HungUp from None
        if not data:
            raise _HungUp
        self.server.reads.append(data)
        self.buffer += data

    async def reply(self, step: Step, *lines: str) -> bool:
        """Answer properly, or as the script says; whether it was proper."""
        fault = self.server.fault_at(step)
        await self.answer(fault, *lines)
        return fault is None or fault.say is None

    async def answer(self, fault: Fault | None, *lines: str) -> None:
        if fault is None:
            await self.say(*lines)
        else:
            await asyncio.sleep(fault.delay_s)
            await self.misbehave(fault, *lines)

    async def misbehave(self, fault: Fault, *lines: str) -> None:
        if fault.say is None:
            await self.say(*lines)
        else:
            self.writer.write(fault.say)
            await self.writer.drain()
        if fault.fall_silent:
            await asyncio.Event().wait()
        if fault.hang_up:
            raise _HungUp

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def ehlo(self, _name: str) -> None:
        offers = list(self.server.extensions)
        if self.server.pipelining:
            offers.append("PIPELINING")
        if self.server.starttls and not self.over_tls:
            offers.append("STARTTLS")
        if self.server.users or self.server.tokens:
            offers.append(f"AUTH {' '.join(self.server.mechanisms)}")
        lines = ["test.example.org", *offers]
        await self.reply(Step.EHLO, *(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    async def start_tls(self, _rest: str) -> None:
        if await self.reply(Step.STARTTLS, "220 2.0.0 Go ahead"):
            assert self.server.starttls is not None
            await self.writer.start_tls(self.server.starttls)
            self.over_tls = True

    async def auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism == "XOAUTH2":
            await self.auth_by_token(initial)
            return
        if mechanism == "PLAIN":
            _, username, password = base64.b64decode(initial).decode().split("\0")
        else:
            username = base64.b64decode(initial).decode()
            await self.say("334 " + base64.b64encode(b"Password:").decode())
            password = base64.b64decode(await self.line()).decode()
        self.server.passwords.append(password)
        if self.server.users.get(username) == password:
            self.signed_in = await self.reply(Step.AUTH, "235 2.7.0 Welcome")
        else:
            await self.reply(Step.AUTH, "535 5.7.8 Username and password not accepted")

    async def auth_by_token(self, initial: str) -> None:
        """https://developers.google.com/gmail/imap/xoauth2-protocol"""
        user, bearer = base64.b64decode(initial).decode().removesuffix("\1\1").split("\1")
        token = bearer.removeprefix("auth=Bearer ")
        self.server.tried_tokens.append((user.removeprefix("user="), token))
        if token in self.server.tokens:
            self.signed_in = await self.reply(Step.AUTH, "235 2.7.0 Accepted")
            return
        error = b'{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}'
        await self.say("334 " + base64.b64encode(error).decode())
        if await self.line() == b"":
            self.server.bearer_errors += 1
        await self.reply(Step.AUTH, "535 5.7.8 Username and Password not accepted")

    async def mail(self, rest: str) -> None:
        if (self.server.users or self.server.tokens) and not self.signed_in:
            await self.say("530 5.7.0 Authentication required")
        elif self.sender is not None:
            await self.say("503 5.5.1 Nested MAIL command")
        elif await self.reply(Step.MAIL, "250 2.1.0 Ok"):
            self.sender = _address(rest)

    async def rcpt(self, rest: str) -> None:
        if self.sender is None:
            await self.say("503 5.5.1 Need MAIL command")
        elif await self.reply(Step.RCPT, "250 2.1.5 Ok"):
            self.recipient = _address(rest)

    async def data(self, _rest: str) -> None:
        if self.recipient is None and not self.server.opens_message_without_recipients:
            await self.say("554 5.5.1 No valid recipients")
            return
        if not await self.reply(Step.DATA, "354 End data with <CR><LF>.<CR><LF>"):
            return
        while not self.buffer:
            await self.read()
        if fault := self.server.fault_at(Step.CONTENT):
            await self.answer(fault)
        content = b"" if await self.is_lone_dot() else await self.until(b"\r\n.\r\n") + b"\r\n"
        sender, recipient = self.sender, self.recipient
        self.sender = self.recipient = None
        if fault:
            return  # this content had its answer
        if recipient is None:
            await self.say("554 5.5.1 No recipients")
        else:
            await self.end(AcceptedMail(sender or "", recipient, _unstuffed(content), self.over_tls))

    async def end(self, mail: AcceptedMail) -> None:
        """Answer the final dot."""
        fault = self.server.fault_at(Step.DOT)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
        if fault is None or fault.say is None or fault.accepts:
            self.server.mails.append(mail)
        if fault is None:
            await self.say("250 2.0.0 Queued")
        else:
            await self.misbehave(fault, "250 2.0.0 Queued")

    async def is_lone_dot(self) -> bool:
        while len(self.buffer) < 3:
            await self.read()
        if self.buffer.startswith(b".\r\n"):
            self.buffer = self.buffer[3:]
            return True
        return False

    async def rset(self, _rest: str) -> None:
        if await self.reply(Step.RSET, "250 2.0.0 Ok"):
            self.sender = self.recipient = None

    async def quit(self, _rest: str) -> None:
        await self.reply(Step.QUIT, "221 2.0.0 Bye")
        raise _HungUp


def _unstuffed(content: bytes) -> bytes:
    lines = content.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def _address(argument: str) -> str:
    return argument[argument.index("<") + 1 : argument.index(">")]
