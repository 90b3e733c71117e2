"""The door for other programs: who is let in, what they can have sent, and that no fault of theirs holds anybody up."""

import asyncio
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from app.audience.suppression import suppress
from app.content.library import add_template
from app.errors import UserFacingError
from app.models.group_writer import GroupWriter
from app.models.states import DeliveryState, SuppressionReason
from app.models.tables import Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import http_dialogue, http_messages
from app.sending.api_access import Listening, allow, forbid, get_access, set_port, token_hash, who_listens
from app.sending.http_api import MAX_CONNECTIONS, HttpApi
from app.sending.message_requests import Refusal
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import an_agent, eventually, until
from tests.engine.processes import ROOT, agent_process
from tests.engine.test_transactional import RECEIPT, people
from tests.sending.smtp_server import SmtpServer, Step, late

MESSAGE = {"template": "Receipt", "to": "anna@example.com", "data": {"order": 2071}}
Call = Callable[..., "asyncio.Future[httpx2.Response]"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Door:
    """A door that is open, and what opens it."""

    workspace: Workspace
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **headers: str) -> httpx2.AsyncClient:
        merged = {"Authorization": f"Bearer {self.token}", **headers}
        few = httpx2.Limits(max_connections=MAX_CONNECTIONS - 2)
        return httpx2.AsyncClient(base_url=self.url, headers=merged, trust_env=False, timeout=20, limits=few)

    async def post(self, message: object = MESSAGE, **headers: str) -> httpx2.Response:
        async with self.client(**headers) as client:
            return await client.post("/v1/messages", json=message)

    async def raw(self, *pieces: bytes, end: bool = False) -> bytes:
        """What is answered to these bytes until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if end:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()
        return answer

    @property
    def head(self) -> bytes:
        """A request up to where its length would stand."""
        return (
            f"POST /v1/messages HTTP/1.1\r\nHost: localhost:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
            "Content-Type: application/json\r\n"
        ).encode()

    def queued(self) -> int:
        with self.workspace.read() as session:
            return session.scalar(select(func.count()).select_from(Delivery)) or 0


async def until_open(door: Door) -> None:
    access = get_access(door.workspace)
    assert access is not None

    async def look() -> None:
        while await asyncio.to_thread(who_listens, access) is not Listening.WE:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    await asyncio.wait_for(look(), 10)


@asynccontextmanager
async def a_door(workspace: Workspace) -> AsyncIterator[Door]:
    """A door that is kept as the agent keeps it, without an engine that would send."""
    port = free_port()
    door = Door(workspace, port, allow(workspace, port=port))
    writer = GroupWriter(workspace.database)
    keeping = asyncio.create_task(HttpApi(workspace, writer).keep())
    try:
        await until_open(door)
        yield door
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await writer.close()


@pytest.fixture
async def door(workspace: Workspace) -> AsyncIterator[Door]:
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    an_account(workspace, 1)
    async with a_door(workspace) as opened:
        yield opened


def error_of(response: httpx2.Response) -> dict[str, str]:
    found: dict[str, str] = response.json()["error"]
    assert set(found) == {"code", "message", "hint"}
    assert found["message"].endswith(".")
    return found


# End to end


@pytest.mark.any_workspace
async def test_a_message_comes_in_goes_out_and_tells_what_became_of_it(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    an_account(workspace, smtp_server.port)
    port = free_port()
    async with an_agent(workspace):
        door = Door(workspace, port, allow(workspace, port=port))
        await until_open(door)
        async with door.client() as client:
            response = await client.post("/v1/messages", json=MESSAGE | {"from": "Shop@Berger.example"})
            assert (response.status_code, response.json()["is_new"]) == (202, True)
            where = response.headers["Location"]
            for _ in range(400):
                told = (await client.get(where)).json()
                if told["state"] == "sent":
                    break
                await asyncio.sleep(0.02)
    assert (told["id"], told["state"], told["attempts"]) == (response.json()["id"], "sent", 1)
    assert told["settled_at"].endswith("Z")
    assert smtp_server.recipients == ["anna@example.com"]
    assert who_listens_now(workspace) is Listening.NOBODY


def who_listens_now(workspace: Workspace) -> Listening:
    access = get_access(workspace)
    assert access is not None
    return who_listens(access)


async def test_it_passes_a_campaign_that_is_on_its_way(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    add_contacts(workspace, people(2_000))
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    port = free_port()
    door = Door(workspace, port, allow(workspace, port=port))
    async with an_agent(workspace):
        await until_open(door)
        await until(workspace, dispatch_id, lambda report: report.counts.settled >= 50)
        assert (await door.post()).status_code == 202
        await eventually(lambda: "anna@example.com" in smtp_server.recipients, patience_s=2)
        assert len(smtp_server.mails) < 1_500


async def test_what_was_accepted_survives_the_death_of_the_agent(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.05)
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    an_account(workspace, smtp_server.port)
    port = free_port()
    door = Door(workspace, port, allow(workspace, port=port))

    async def persistent(number: int) -> None:
        """Ask until there is an answer, as a program with an idempotency key may."""
        message = MESSAGE | {"to": f"p{number}@example.com", "idempotency_key": f"order-{number}"}
        while True:
            try:
                if (await door.post(message)).status_code in (200, 202):
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.1)

    async with agent_process(workspace) as agent:
        await agent.until_at_work()
        await until_open(door)
        asking = [asyncio.create_task(persistent(number)) for number in range(40)]
        await eventually(lambda: len(smtp_server.mails) >= 5)
        await agent.kill()
    async with an_agent(workspace):
        await asyncio.wait_for(asyncio.gather(*asking), 30)
        await eventually(lambda: all_settled(workspace))
    with workspace.read() as session:
        states = session.scalars(select(Delivery.state)).all()
    assert len(states) == 40
    assert len(set(smtp_server.recipients)) == len(smtp_server.recipients)
    assert 40 - len(smtp_server.recipients) <= states.count("in_doubt") <= 9  # type: ignore[arg-type]


def all_settled(workspace: Workspace) -> bool:
    with workspace.read() as session:
        return not any(state.is_open for state in session.scalars(select(Delivery.state)))


@pytest.mark.any_workspace
async def test_twenty_requests_at_once_with_one_key_are_one_message(door: Door) -> None:
    async with door.client(**{"Idempotency-Key": "order-2071"}) as client:
        found = await asyncio.gather(*(client.post("/v1/messages", json=MESSAGE) for _ in range(20)))
    assert sorted(one.status_code for one in found) == [200] * 19 + [202]
    assert len({one.json()["id"] for one in found}) == 1
    assert door.queued() == 1


async def test_many_different_ones_at_once_are_all_taken(door: Door) -> None:
    async with door.client() as client:
        found = await asyncio.gather(
            *(client.post("/v1/messages", json=MESSAGE | {"to": f"p{number}@example.com"}) for number in range(60))
        )
    assert {one.status_code for one in found} == {202}
    assert door.queued() == 60


async def test_the_key_may_stand_in_the_header_quoted_or_in_the_message(door: Door) -> None:
    first = await door.post(**{"Idempotency-Key": "k-1"})
    quoted = await door.post(**{"Idempotency-Key": '"k-1"'})
    inside = await door.post(MESSAGE | {"idempotency_key": "k-1"})
    assert {one.json()["id"] for one in (first, quoted, inside)} == {first.json()["id"]}
    both = await door.post(MESSAGE | {"idempotency_key": "k-2"}, **{"Idempotency-Key": "k-1"})
    assert both.status_code == 400
    other = await door.post(MESSAGE | {"to": "ben@example.com"}, **{"Idempotency-Key": "k-1"})
    assert (other.status_code, error_of(other)["code"]) == (409, "key_reused")


# Who is let in


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
)
async def test_without_the_token_nobody_is_let_in(door: Door, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.format(token=door.token)}
    async with httpx2.AsyncClient(base_url=door.url, trust_env=False, headers=headers) as client:
        for path in ("/v1/messages", "/v1/messages/1", "/", "/v1"):
            response = await client.post(path, json=MESSAGE)
            assert (response.status_code, error_of(response)["code"]) == (401, "wrong_token")
            assert response.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert door.queued() == 0


async def test_two_tokens_in_one_request_are_none(door: Door) -> None:
    twice = door.head + b"Authorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"
    assert b" 401 " in await door.raw(twice)


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "localhost.evil.example:{port}", "10.0.0.1:{port}", "evil", ""]
)
async def test_another_host_name_is_refused(door: Door, host: str) -> None:
    response = await door.post(Host=host.format(port=door.port))
    assert (response.status_code, error_of(response)["code"]) == (403, "wrong_host")
    assert door.queued() == 0


async def test_localhost_is_this_computer_too(door: Door) -> None:
    assert (await door.post(Host=f"LocalHost:{door.port}")).status_code == 202


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "none"}])
async def test_a_web_page_is_refused_and_gets_no_cors(door: Door, header: dict[str, str]) -> None:
    response = await door.post(**header)
    async with door.client(**header, **{"Access-Control-Request-Method": "POST"}) as client:
        preflight = await client.options("/v1/messages")
    for one in (response, preflight):
        assert (one.status_code, error_of(one)["code"]) == (403, "browser")
        assert not any(name.startswith("access-control") for name in one.headers)
    assert door.queued() == 0


async def test_only_this_computer_can_connect(door: Door) -> None:
    others = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in (*others, "127.0.0.2"):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(address, door.port)


# What is no message


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ([], 400, "bad_message"),
        ("text", 400, "bad_message"),
        ({}, 400, "bad_message"),
        ({"template": "Receipt"}, 400, "bad_message"),
        (MESSAGE | {"template": True}, 400, "bad_message"),
        (MESSAGE | {"template": None}, 400, "bad_message"),
        (MESSAGE | {"to": ["anna@example.com"]}, 400, "bad_message"),
        (MESSAGE | {"data": [1]}, 400, "bad_message"),
        (MESSAGE | {"cc": "ben@example.com"}, 400, "bad_message"),
        (MESSAGE | {"to": "anna"}, 422, "bad_address"),
        (MESSAGE | {"template": "Reciept"}, 422, "unknown_template"),
        (MESSAGE | {"template": -(10**30)}, 422, "unknown_template"),
        (MESSAGE | {"from": "me@example.com"}, 422, "unknown_sender"),
        (MESSAGE | {"data": {}}, 422, "missing_data"),
        (MESSAGE | {"data": {"order": "1\r\nBcc: x@example.com"}}, 422, "bad_content"),
        (MESSAGE | {"data": {"order": "\ud800"}}, 422, "bad_data"),
        (MESSAGE | {"to_name": "\ud800"}, 422, "bad_data"),
        (MESSAGE | {"subject": "\ud800"}, 422, "bad_data"),
        (MESSAGE | {"to": "\ud800@example.com"}, 422, "bad_address"),
        (MESSAGE | {"reply_to": "\ud800@example.com"}, 422, "bad_data"),
        (MESSAGE | {"template": "\ud800"}, 422, "bad_data"),
        (MESSAGE | {"idempotency_key": "\ud800"}, 422, "bad_key"),
    ],
)
async def test_what_is_wrong_is_told_in_plain_words(door: Door, message: object, status: int, code: str) -> None:
    async with door.client(**{"Content-Type": "application/json"}) as client:
        response = await client.post("/v1/messages", content=json.dumps(message).encode())
    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert door.queued() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"template": NaN}',
        b'{"template": ' + b"9" * 5_000 + b"}",
        b"\x00" * 100,
    ],
)
async def test_what_is_not_json_is_refused(door: Door, body: bytes) -> None:
    async with door.client(**{"Content-Type": "application/json"}) as client:
        response = await client.post("/v1/messages", content=body)
    assert (response.status_code, error_of(response)["code"]) == (400, "bad_message")


async def test_numbers_beyond_all_bounds_are_refused(door: Door) -> None:
    async with door.client(**{"Content-Type": "application/json"}) as client:
        body = json.dumps(MESSAGE).replace("2071", "1e999").encode()
        response = await client.post("/v1/messages", content=body)
    assert (response.status_code, error_of(response)["code"]) == (422, "bad_data")


async def test_a_suppressed_address_is_refused(door: Door) -> None:
    suppress(door.workspace, ["anna@example.com"], SuppressionReason.COMPLAINT, "Link")
    response = await door.post()
    assert (response.status_code, error_of(response)["code"]) == (422, "suppressed")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow_header"),
    [
        ("GET", "/v1/messages", 405, "POST"),
        ("HEAD", "/v1/messages", 405, "POST"),
        ("DELETE", "/v1/messages/1", 405, "GET"),
        ("GET", "/v1/messages/1", 404, None),
        ("GET", "/v1/messages/999999999999999999", 404, None),
        ("GET", "/v1/messages/9999999999999999999999", 404, None),
        ("GET", "/v1/messages/1/2", 404, None),
        ("GET", "/v1/messages/١", 404, None),
        ("GET", "/", 404, None),
    ],
)
async def test_other_paths_and_methods_are_refused(
    door: Door, method: str, path: str, status: int, allow_header: str | None
) -> None:
    async with door.client() as client:
        response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers.get("Allow") == allow_header
    assert bool(response.content) is (method != "HEAD")


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}])
async def test_anything_but_plain_json_is_refused(door: Door, headers: dict[str, str]) -> None:
    response = await door.post(**headers)
    assert (response.status_code, error_of(response)["code"]) == (415, "not_json")


# Limits


@pytest.mark.parametrize("length", ["2000000", "9999999999999999999"])
async def test_a_body_that_says_it_is_too_big_is_not_even_read(door: Door, length: str) -> None:
    answer = await door.raw(door.head + f"Content-Length: {length}\r\n\r\n".encode(), end=True)
    assert b" 413 " in answer.splitlines()[0]


async def test_a_body_that_turns_out_too_big_is_refused_and_the_answer_arrives(door: Door) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 10_000

    async with door.client(**{"Content-Type": "application/json"}) as client:
        response = await client.post("/v1/messages", content=endless())
    assert (response.status_code, error_of(response)["code"]) == (413, "too_big")


async def test_a_body_of_just_under_the_limit_is_taken_with_100_continue(door: Door) -> None:
    body = json.dumps(MESSAGE | {"data": {"order": "x" * 1_000_000}}).encode()
    head = door.head + f"Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(head)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(body)
    assert b" 202 " in (await asyncio.wait_for(reader.read(), 10)).splitlines()[0]
    writer.close()
    await writer.wait_closed()


async def test_who_is_not_let_in_is_not_told_to_continue(door: Door) -> None:
    head = door.head.replace(door.token.encode(), b"wrong") + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    assert (await door.raw(head, end=True)).startswith(b"HTTP/1.1 401 ")


async def test_a_head_without_end_is_refused(door: Door) -> None:
    answer = await door.raw(door.head, b"X-Long: " + b"x" * 40_000, end=True)
    assert b" 431 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xfe\xff<html>\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\n\r\n",
        b"EHLO localhost\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: localhost:1\r\nHost: localhost:1\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_garbage_is_answered_and_the_next_one_is_served(door: Door, garbage: bytes) -> None:
    answer = await door.raw(garbage, end=True)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    assert (await door.post()).status_code == 202


@pytest.mark.parametrize("half", [b"", b"POST", b"{head}", b'{head}Content-Length: 200\r\n\r\n{"template": '])
async def test_a_request_that_breaks_off_queues_nothing(door: Door, half: bytes) -> None:
    await door.raw(half.replace(b"{head}", door.head), end=True)
    assert door.queued() == 0
    assert (await door.post()).status_code == 202


@pytest.mark.parametrize("pieces", [[b"POST /v1/mess"], [b"{head}"], [b"{head}Content-Length: 200\r\n\r\n", b"{"]])
async def test_a_slow_request_is_not_waited_for(
    door: Door, pieces: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_dialogue, "READ_S", 0.3)
    answer = await door.raw(*(piece.replace(b"{head}", door.head) for piece in pieces))
    assert b" 408 " in answer.splitlines()[0]


async def test_who_says_nothing_is_let_go_without_a_word(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_dialogue, "READ_S", 0.2)
    assert await door.raw() == b""


async def test_too_many_connections_are_refused_and_the_place_is_free_again(door: Door) -> None:
    held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(MAX_CONNECTIONS)]
    await asyncio.sleep(0.1)
    answer = await door.raw(b"", end=True)
    assert b" 503 " in answer.splitlines()[0]
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert (await door.post()).status_code == 202


async def test_several_requests_follow_each_other_on_one_connection(door: Door) -> None:
    body = json.dumps(MESSAGE).encode()
    one = door.head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    last = one.replace(b"Content-Type", b"Connection: close\r\nContent-Type", 1)
    answer = await door.raw(one + one + last)
    assert answer.count(b"HTTP/1.1 202 ") == 3
    assert door.queued() == 3


# Opening and closing


async def test_it_follows_the_user_while_the_agent_runs(workspace: Workspace, smtp_server: SmtpServer) -> None:
    an_account(workspace, smtp_server.port)
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    port, other = free_port(), free_port()
    async with an_agent(workspace):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        first = Door(workspace, port, allow(workspace, port=port))
        await until_open(first)
        second = Door(workspace, port, allow(workspace, port=port))
        await until_open(second)
        assert ((await first.post()).status_code, (await second.post()).status_code) == (401, 202)
        set_port(workspace, other)
        moved = Door(workspace, other, second.token)
        await until_open(moved)
        assert (await moved.post()).status_code == 202
        with pytest.raises(httpx2.ConnectError):
            await second.post()
        forbid(workspace)
        await eventually(lambda: not is_open(other))
        assert get_access(workspace) is None


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_port_in_use_is_said_and_taken_as_soon_as_it_is_free(
    workspace: Workspace,
    smtp_server: SmtpServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sending.http_api._TRY_AGAIN_S", 0.2)
    an_account(workspace, smtp_server.port)
    add_contacts(workspace, ["anna@example.com"])
    async with SmtpServer() as squatter:
        door = Door(workspace, squatter.port, allow(workspace, port=squatter.port))
        async with an_agent(workspace):
            dispatch_id = launched(workspace, 1)
            await until(workspace, dispatch_id, lambda report: report.counts.settled == 1)
            assert await asyncio.to_thread(who_listens_now, workspace) is Listening.ANOTHER
            assert f"cannot be let in at port {squatter.port}" in caplog.text
            await squatter.__aexit__(None, None, None)
            await until_open(door)


def test_the_token_is_stored_as_its_hash_alone_and_ports_are_checked(workspace: Workspace) -> None:
    token = allow(workspace, port=8425)
    access = get_access(workspace)
    assert access is not None
    assert access.token_sha256 == token_hash(token)
    assert len(token) > 40
    assert access.token_sha256.hex() not in repr(access)
    for port in (0, 80, 1023, 65_536):
        with pytest.raises(UserFacingError):
            allow(workspace, port=port)
    assert get_access(workspace) == access
    workspace.database.data_version()
    assert token.encode() not in workspace.path.read_bytes()


async def test_the_log_has_no_token_address_or_data(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await door.post(MESSAGE | {"data": {"order": "secret-data"}})
    await door.post(MESSAGE | {"to": "not-an-address", "data": {"order": "secret-data"}})
    await door.raw(door.head + b"Content-Length: 5\r\n\r\n{]{]{", end=True)
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("app"))
    assert "is queued" in logged
    for secret in (door.token, "anna@", "not-an-address", "secret-data"):
        assert secret not in logged


async def test_a_fault_of_the_program_is_answered_and_logged_without_its_words(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "anna"

    def broken(*_arguments: object, **_named: object) -> Any:
        raise KeyError(f"{name}@example.com")

    monkeypatch.setattr("app.sending.transactional.make_ready", broken)
    response = await door.post()
    assert (response.status_code, error_of(response)["code"]) == (500, "fault")
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "KeyError" in logged
    assert "anna@" not in logged
    with door.workspace.read() as session:
        assert session.scalar(select(func.count()).select_from(Dispatch)) == 0


def test_the_page_for_programmers_names_every_word_a_program_can_meet() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    sources = "".join((ROOT / "app" / "sending" / f"{name}.py").read_text() for name in ("http_api", "http_dialogue"))
    codes = set(re.findall(r'ApiError\(\s*\d{3}, "(\w+)"', sources)) | {"bad_message", "bad_request"} | set(Refusal)
    assert len(codes) > 20
    assert {code for code in (*codes, *DeliveryState) if f"`{code}`" not in page} == set()
    for field in http_messages.KNOWN_FIELDS:
        assert f"`{field}`" in page
