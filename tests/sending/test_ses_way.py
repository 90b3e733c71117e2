"""The way to SES: through the proxy of a company, without holding up the program's start or its end."""

import asyncio
import base64
import ssl
import subprocess
import sys

import pytest

from app.sending.outcomes import OutcomeKind
from app.sending.ses import SesAccount, SesTransport
from app.sending.ses_client import Parcel, Recalled, SesClient, isolated_session
from app.sending.transport import Envelope
from tests.sending.feeds import CONTENT, SENDER, ListFeed, letters_to, send_all
from tests.sending.ses_server import SILENCE, SesServer
from tests.sending.test_ses import KEY, SECRET, account_at

SEND_AND_LEAVE = """
import asyncio, sys
from app.sending.pipeline import Timeouts
from app.sending.ses import SesAccount, SesTransport
from app.sending.transport import Envelope

CONTENT = b"Subject: x\\r\\n\\r\\n"

async def main():
    account = SesAccount("eu-central-1", sys.argv[1], sys.argv[2], endpoint_url=sys.argv[3], timeouts=Timeouts())
    connection = await SesTransport(account).open()
    sending = asyncio.create_task(connection.deliver(Envelope("a@example.org", "b@example.net"), CONTENT))
    await asyncio.sleep(0.5)
    sending.cancel()
    await asyncio.wait([sending])
    await connection.close()
    print("done")

asyncio.run(main())
"""


class Proxy:
    """An HTTP proxy that tunnels (RFC 9110 §9.3.6) for one user, wherever it is asked to."""

    def __init__(self, user: str, password: str) -> None:
        self._expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked_for: list[str] = []
        self._open: list[asyncio.Future[None]] = []

    async def ended(self) -> None:
        """Wait until everybody has gone."""
        await asyncio.gather(*self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closed = asyncio.get_running_loop().create_future()
        self._open.append(closed)
        await self._serve(reader, writer)
        closed.set_result(None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        self.asked_for.append(target)
        if f"authorization: {self._expected}".lower() not in head.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await self._close(writer)
            return
        host, _, port = target.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        await self._close(writer)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("password", ["p%40ss", "wrong"])
async def test_a_proxy_of_the_system_is_used_and_signed_in_to(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    proxy = Proxy("anna", "p@ss")
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    monkeypatch.setenv("https_proxy", f"http://anna:{password}@127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with SesServer({KEY: SECRET}, tls=server_context) as ses:
        sending = send_all(
            SesTransport(account_at(ses), ssl_context=trusting), ListFeed(letters_to("anna@example.net"))
        )
        if password == "wrong":
            with pytest.raises(Exception, match="cannot be reached"):
                await sending
        else:
            await sending

        assert ses.recipients == ([] if password == "wrong" else ["anna@example.net"])
        assert set(proxy.asked_for) == {ses.url.removeprefix("https://")}
        await proxy.ended()
    listener.close()
    await listener.wait_closed()


def test_a_server_that_keeps_silent_does_not_hold_the_program_when_it_ends() -> None:
    with SesServer({KEY: SECRET}) as ses:
        ses.at("SendEmail", SILENCE)

        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", SEND_AND_LEAVE, KEY, SECRET, ses.url],
            capture_output=True,
            text=True,
            timeout=20,
        )

        assert (ended.stdout, ended.stderr, ended.returncode) == ("done\n", "", 0)
        assert ses.has_request.is_set()


def test_the_libraries_are_loaded_when_mail_is_sent_not_before() -> None:
    code = "import sys, app.sending.ses; print(sorted({'boto3', 'botocore', 'urllib3'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-central-1", "email.eu-central-1.amazonaws.com"), ("us-gov-west-1", "email.us-gov-west-1.amazonaws.com")],
)
def test_without_another_endpoint_it_is_amazons_own_of_the_region(region: str, host: str) -> None:
    client = SesClient(SesAccount(region, KEY, SECRET), isolated_session(), ssl.create_default_context())

    assert client._client.meta.endpoint_url == f"https://{host}"


async def test_a_closed_connection_takes_nothing_more() -> None:
    with SesServer({KEY: SECRET}) as ses:
        connection = await SesTransport(account_at(ses)).open()
        await connection.close()
        await connection.close()

        outcome = await connection.deliver(Envelope(SENDER, "anna@example.net"), CONTENT)

        assert outcome.kind is OutcomeKind.DEFERRED
        assert ses.mails == []


def test_a_parcel_has_left_with_its_last_piece_and_not_before() -> None:
    parcel = Parcel().holding(b"x" * 150_000)

    pieces, states = [], []
    while piece := parcel.read(16_384):
        pieces.append(piece)
        states.append(parcel.has_left)

    assert b"".join(pieces) == b"x" * 150_000
    assert states == [False, False, True]
    assert not parcel.recall()


def test_a_recalled_parcel_gives_no_more_pieces() -> None:
    parcel = Parcel().holding(b"x" * 150_000)
    parcel.read()

    assert parcel.recall()
    with pytest.raises(Recalled):
        parcel.read()
    assert not parcel.has_left
