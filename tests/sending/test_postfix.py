"""Against a server that is not ours: Postfix's smtp-sink takes the mail, dkimpy reads what arrived."""

import asyncio
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import dkim
import pytest

from app.sending.dkim import Signer, generate_key
from app.sending.smtp import SmtpAccount, SmtpTransport, TlsMode
from app.sending.transport import Envelope
from tests.sending.feeds import SENDER, Letter, ListFeed, send_all

SMTP_SINK = shutil.which("smtp-sink", path=f"/usr/sbin:{os.defpath}")
pytestmark = pytest.mark.skipif(SMTP_SINK is None, reason="Postfix's smtp-sink is not installed")

COUNT = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(params=[[], ["-p"]], ids=["pipelined", "step by step"])
async def sink(request: pytest.FixtureRequest) -> AsyncIterator[tuple[int, Path]]:
    """The port of a running smtp-sink, and the folder where it dumps each message; -p switches PIPELINING off."""
    assert SMTP_SINK is not None
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        user: list[str] = []
        if os.geteuid() == 0:  # it refuses to serve as root
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            user = ["-u", "nobody"]
        process = await asyncio.create_subprocess_exec(
            SMTP_SINK, *user, *request.param, "-d", f"{folder}/%M.", f"127.0.0.1:{port}", "10"
        )
        try:
            await answering(port)
            yield port, Path(folder)
        finally:
            process.terminate()
            await process.wait()


async def answering(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def test_signed_mail_arrives_once_each_and_verifies(sink: tuple[int, Path]) -> None:
    port, dump = sink
    key = generate_key()
    signer = Signer(key.pem, domain="example.org", selector="s")
    letters = []
    for number in range(COUNT):
        recipient = f"person{number}@example.net"
        headers = [("From", SENDER.encode()), ("To", recipient.encode()), ("Subject", b"Number %d" % number)]
        body = b"Hello,\r\n.this line begins with a dot\r\n..so does this\r\nBye.\r\n"
        lines = b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers)
        letters.append(Letter(Envelope(SENDER, recipient), signer.sign(headers, body) + lines + b"\r\n" + body))
    feed = ListFeed(letters)

    await send_all(SmtpTransport(SmtpAccount("127.0.0.1", port, TlsMode.NONE_ON_LOOPBACK)), feed)

    arrived = [path.read_bytes().replace(b"\n", b"\r\n") for path in dump.iterdir()]
    # In front of a message the dump has the envelope, behind it an empty line.
    messages = [raw[raw.index(b"DKIM-Signature:") :].removesuffix(b"\r\n") for raw in arrived]
    assert len(messages) == COUNT
    assert sorted(messages) == sorted(letter.content for letter in letters)
    assert all(dkim.verify(message, dnsfunc=lambda _name, timeout=5: key.dns_txt.encode()) for message in messages)
    assert all(outcome.is_sent for outcome in feed.last.values())
