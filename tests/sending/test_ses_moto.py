"""Sending to moto's server, somebody else's idea of SES: it reads what we write.

It checks no signature, has no GetAccount, and adds the addresses of the headers to those of the envelope.
"""

import ssl
from collections.abc import Iterator
from typing import Any

import moto.backends
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer

from app.sending.outcomes import OutcomeKind, Reason
from app.sending.ses import SesAccount, SesConnection
from app.sending.ses_client import SesClient, isolated_session
from app.sending.transport import Envelope
from tests.sending.feeds import CONTENT, SENDER
from tests.sending.test_dkim import BODY, HEADERS, message, verifies
from tests.sending.test_ses import SES_SIGNER

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def connection(endpoint: str) -> SesConnection:
    account = SesAccount(REGION, "AKIAIOSFODNN7EXAMPLE", "secret", endpoint_url=endpoint)
    client = SesClient(account, isolated_session(), ssl.create_default_context())
    client._client.create_email_identity(EmailIdentity=SENDER)
    return SesConnection(client, on_trouble=lambda: None)


def arrived() -> list[Any]:
    return list(moto.backends.get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


async def test_moto_reads_the_message_and_the_recipient_and_gives_it_an_id(connection: SesConnection) -> None:
    content = message(HEADERS, BODY, SES_SIGNER.sign(HEADERS, BODY))

    outcome = await connection.deliver(Envelope(SENDER, "bert@example.net"), content)
    await connection.close()

    mail = arrived()[-1]
    assert str(outcome.reply) == f"250 Ok {mail.id}"
    assert mail.raw_data.encode() == content
    assert verifies(mail.raw_data.encode())
    assert mail.destinations[0] == "bert@example.net"


async def test_moto_refuses_a_sender_it_has_not_verified(connection: SesConnection) -> None:
    before = len(arrived())
    content = CONTENT.replace(b"From: news@example.org", b"From: stranger@example.com")

    outcome = await connection.deliver(Envelope("stranger@example.com", "bert@example.net"), content)
    await connection.close()

    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, Reason.CONTENT_REFUSED)
    assert len(arrived()) == before
