"""Through a real Postfix that passes everything on: what arrives behind it is what was sent, to the byte, and verifies.

An instance of the test's own, with its own configuration and queue, on loopback alone (postfix(1), master(5)).
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest

from app.content.attachments import Attachment
from app.content.letter import prepare
from app.sending.compose import Composer, SigningKey
from app.sending.compose import Letter as Source
from app.sending.deliveries import LeasedDelivery, Row
from app.sending.dkim import Signer, generate_key
from app.sending.smtp import SmtpAccount, SmtpTransport, TlsMode
from app.sending.transport import Envelope
from app.system_packages import find_command
from tests.engine.builders import MJML
from tests.engine.conftest import eventually
from tests.sending.feeds import Letter, ListFeed, send_all
from tests.sending.smtp_server import SmtpServer
from tests.sending.test_postfix import answering, free_port

POSTFIX = find_command("postfix")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="starting Postfix takes root"),
    pytest.mark.skipif(POSTFIX is None, reason="Postfix is not installed"),
]

SENDER = "shop@berger.example"
_OF_EACH_KIND = 50
_EXTENSIONS = ("8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 50000000")
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{onward}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_tls_security_level = none
alias_maps =
minimal_backoff_time = 1s
queue_run_delay = 1s
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
pickup unix n - n 60 1 pickup
"""


@dataclass
class Relay:
    """A running Postfix, and the server behind it."""

    port: int
    behind: SmtpServer
    log: Path


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    assert POSTFIX is not None
    folder = Path(tempfile.mkdtemp(prefix="mass-mail-postfix-"))
    try:
        async with SmtpServer(extensions=_EXTENSIONS) as behind:
            port = free_port()
            config = _set_up(folder, port, behind.port)
            await _postfix(config, "start")
            try:
                await answering(port)
                yield Relay(port, behind, folder / "log")
            finally:
                await _postfix(config, "stop")
    finally:
        shutil.rmtree(folder)


def _set_up(folder: Path, port: int, onward: int) -> Path:
    """Write the configuration; the folder of it."""
    folder.chmod(0o755)
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    config = folder / "etc"
    (config / "main.cf").write_text(_MAIN.format(folder=folder, onward=onward))
    (config / "master.cf").write_text(_MASTER.format(port=port))
    return config


async def _postfix(config: Path, order: str) -> None:
    command = [str(POSTFIX), "-c", str(config), order]
    run = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr + (config.parent / "log").read_text()


def of_the_product(key: SigningKey, kind: str, recipients: list[str]) -> list[Letter]:
    """Messages as a campaign sends them, with a file if *kind* says so."""
    files = (
        (Attachment("Preise für den Frühling.pdf", "application/pdf", bytes(range(256)) * 80),)
        if kind == "file"
        else ()
    )
    source = prepare(
        MJML,
        subject="Grüße aus Köln: {{ first_name }}",
        sender_name="Blumen Berger",
        sender_address=SENDER,
        unsubscribe="https://berger.example/u/{token}",
        organisation="Blumen Berger",
        postal_address="Am Markt 1\nKöln",
        attachments=files,
    )
    composer = Composer(Source(source, keys=(key,)))
    letters = []
    for number, address in enumerate(recipients):
        delivery = LeasedDelivery(number, None, address, f"{kind}{number}", 0, was_deferred=False)
        message = composer.compose(Row(delivery, {"first_name": f"Zoë {number} 🌷"}))
        letters.append(Letter(message.envelope, message.content))
    return letters


def with_8bit_body(key: SigningKey, recipients: list[str]) -> list[Letter]:
    """Messages whose text goes as it is, as other programs make them (RFC 6152)."""
    signer = Signer(key.pem, domain=key.domain, selector=key.selector)
    letters = []
    for number, recipient in enumerate(recipients):
        headers = [
            ("From", SENDER.encode()),
            ("To", recipient.encode()),
            ("Subject", b"Number %d" % number),
            ("Date", b"Tue, 24 Nov 2026 12:00:00 +0000"),
            ("Message-ID", b"<8bit%d@berger.example>" % number),
            ("MIME-Version", b"1.0"),
            ("Content-Type", b"text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", b"8bit"),
        ]
        body = f"Schöne Grüße, Nummer {number}.\r\n.Ein Punkt am Anfang\r\n..\r\nTschüß\r\n".encode()
        lines = b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers)
        letters.append(Letter(Envelope(SENDER, recipient), signer.sign(headers, body) + lines + b"\r\n" + body))
    return letters


async def test_what_arrives_behind_a_relay_is_what_was_sent_and_verifies(relay: Relay) -> None:
    generated = generate_key()
    key = SigningKey(generated.pem, "berger.example", "mmd")
    numbers = range(_OF_EACH_KIND)
    letters = [
        *of_the_product(key, "plain", [f"anna{number}@example.net" for number in numbers]),
        *of_the_product(key, "file", [f"bert{number}@example.net" for number in numbers]),
        *of_the_product(key, "utf8", [f"jürgen{number}@bücher.example" for number in numbers]),
        *with_8bit_body(key, [f"cleo{number}@example.net" for number in numbers]),
    ]
    feed = ListFeed(letters)
    transport = SmtpTransport(SmtpAccount("127.0.0.1", relay.port, TlsMode.NONE_ON_LOOPBACK))

    await send_all(transport, feed)

    assert all(outcome.is_sent for outcome in feed.last.values()), feed.last
    await eventually(lambda: len(relay.behind.mails) >= len(letters), patience_s=60)
    sent = {letter.envelope.recipient: letter.content for letter in letters}
    assert Counter(relay.behind.recipients) == Counter(sent.keys())
    for mail in relay.behind.mails:
        assert mail.sender == SENDER
        trace, signature, rest = mail.content.partition(b"DKIM-Signature:")
        assert trace.startswith(b"Received: ")
        assert signature + rest == sent[mail.recipient]
        assert dkim.verify(mail.content, dnsfunc=lambda _name, timeout=5: generated.dns_txt.encode())


async def test_what_a_relay_refuses_says_why(relay: Relay) -> None:
    transport = SmtpTransport(SmtpAccount("127.0.0.1", relay.port, TlsMode.NONE_ON_LOOPBACK))
    feed = ListFeed([Letter(Envelope(SENDER, "no-domain@"))])
    await send_all(transport, feed)
    outcome = feed.last["no-domain@"]
    assert not outcome.is_sent
    assert outcome.reply is not None
    assert outcome.reply.is_permanent
    assert relay.behind.mails == []
