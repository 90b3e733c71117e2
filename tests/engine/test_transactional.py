"""Single messages: queued durably once, sent ahead of campaigns, and refused when they cannot become a mail."""

import asyncio
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from app.audience import contacts
from app.audience.suppression import suppress
from app.content.library import add_template, change_template, delete_templates
from app.models.base import utcnow
from app.models.states import CampaignKind, ConsentState, DeliveryState, DispatchState, SuppressionReason, Wish
from app.models.tables import Account, Campaign, Contact, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.accounts import list_accounts
from app.sending.limits import Limits
from app.sending.message_requests import MessageRefused, MessageRequest, Refusal
from app.sending.transactional import PRIORITY, MessageStatus, queue, status
from tests.engine.builders import add_contacts, an_account, change_limits, launched
from tests.engine.conftest import PATIENCE_S, an_agent, eventually, until
from tests.engine.processes import agent_process
from tests.sending.smtp_server import SILENCE, SmtpServer, Step, answer, late

SENT, QUEUED, IN_DOUBT = DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.IN_DOUBT
RECEIPT = """
<mjml><mj-body><mj-section><mj-column><mj-text>
  Thank you, {{ first_name | default("friend") }}. Order {{ order }}:
  {% for line in lines %}<p>{{ line.name }} {{ line.price }}</p>{% endfor %}
</mj-text></mj-column></mj-section></mj-body></mjml>
"""


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


@pytest.fixture
def receipt(workspace: Workspace) -> int:
    return add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")


def a_request(to: str = "anna@example.com", **changes: object) -> MessageRequest:
    values: dict[str, object] = {"template": "Receipt", "to": to, "data": {"order": 2071}} | changes
    return MessageRequest(**values)  # type: ignore[arg-type]


async def until_settled(workspace: Workspace, dispatch_id: int, *, patience_s: float = PATIENCE_S) -> MessageStatus:
    async def look() -> MessageStatus:
        while (now := await asyncio.to_thread(status, workspace, dispatch_id=dispatch_id)).state.is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return now

    return await asyncio.wait_for(look(), patience_s)


def decoded(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def refusal(workspace: Workspace, request: MessageRequest) -> MessageRefused:
    """Why *request* is refused; nothing may be left of it."""
    with workspace.read() as session:
        before = session.scalar(select(func.count()).select_from(Dispatch))
    with pytest.raises(MessageRefused) as refused:
        queue(workspace, request)
    with workspace.read() as session:
        assert session.scalar(select(func.count()).select_from(Dispatch)) == before
    return refused.value


@pytest.mark.usefixtures("receipt")
async def test_a_message_goes_out_with_its_data_and_no_list_headers(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    an_account(workspace, smtp_server.port)
    lines = [{"name": "Tulips <3", "price": "4.50"}, {"name": "Pot", "price": "9"}]
    async with an_agent(workspace):
        queued = queue(workspace, a_request(data={"order": 2071, "lines": lines}))
        done = await until_settled(workspace, queued.dispatch_id)
    (mail,) = smtp_server.mails
    message = decoded(mail.content)
    assert (done.state, done.words, done.attempts, queued.is_new) == (SENT, "sent", 1, True)
    assert mail.recipient == "anna@example.com"
    assert message["Subject"] == "Your order 2071"
    assert "Thank you, friend. Order 2071:" in part(message, "plain")
    assert "Tulips &lt;3 4.50" in part(message, "html")
    assert queued.token in message["Message-ID"]
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"} & set(message.keys())
    assert "nsubscribe" not in part(message, "html") + part(message, "plain")
    with workspace.read() as session:
        assert session.get_one(Dispatch, queued.dispatch_id).state is DispatchState.FINISHED


async def test_a_templates_own_unsubscribe_link_leads_somewhere(workspace: Workspace, smtp_server: SmtpServer) -> None:
    mjml = RECEIPT.replace("Thank you", '<a href="{{ unsubscribe_url }}">No more</a> Thank you')
    add_template(workspace, name="Receipt", mjml=mjml, subject="Your order {{ order }}")
    an_account(workspace, smtp_server.port)
    async with an_agent(workspace):
        queued = queue(workspace, a_request(idempotency_key="1"))
        await until_settled(workspace, queued.dispatch_id)
    link = re.search(r'href="(mailto:[^"]+)"', part(decoded(smtp_server.mails[0].content), "html"))
    assert link is not None
    assert link[1] == f"mailto:shop@berger.example?subject=unsubscribe%20{queued.token}"
    assert queue(workspace, a_request(idempotency_key="1")).dispatch_id == queued.dispatch_id


async def test_it_passes_a_running_campaign(workspace: Workspace, smtp_server: SmtpServer, receipt: int) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    add_contacts(workspace, people(2_000))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    took = list[float]()
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 50)
        for number in range(5):
            begun = time.monotonic()
            queued = await asyncio.to_thread(queue, workspace, a_request(f"vip{number}@example.com", template=receipt))
            await eventually(lambda n=number: f"vip{n}@example.com" in smtp_server.recipients)
            took.append(time.monotonic() - begun)
            assert (await until_settled(workspace, queued.dispatch_id)).state is SENT
        assert campaigns.get_campaign(workspace, 1).status == "sending"
    assert max(took) < 2.0, took
    assert sum(took) / len(took) < 1.0, took


async def test_a_limit_of_the_account_is_shared_and_the_message_gets_the_next_place(
    workspace: Workspace, smtp_server: SmtpServer, receipt: int
) -> None:
    add_contacts(workspace, people(20))
    identity_id = an_account(workspace, smtp_server.port, limits=Limits(per_day=5))
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 5)
        queued = queue(workspace, a_request(template=receipt))
        await asyncio.sleep(0.5)
        assert status(workspace, dispatch_id=queued.dispatch_id).state is QUEUED
        change_limits(workspace, identity_id, Limits(per_day=6))
        await until_settled(workspace, queued.dispatch_id)
    assert smtp_server.recipients[5:] == ["anna@example.com"]


@pytest.mark.usefixtures("receipt")
def test_the_same_key_again_is_the_same_message(workspace: Workspace) -> None:
    an_account(workspace, 1)
    first = queue(workspace, a_request(idempotency_key="order-2071"))
    again = queue(workspace, a_request(" Anna@Example.com", idempotency_key="order-2071"))
    assert (again.dispatch_id, again.delivery_id, again.token) == (first.dispatch_id, first.delivery_id, first.token)
    assert (first.is_new, again.is_new) == (True, False)
    assert status(workspace, idempotency_key="order-2071").id == first.dispatch_id


def test_the_same_key_is_the_same_message_whatever_has_become_of_template_and_address(
    workspace: Workspace, receipt: int
) -> None:
    an_account(workspace, 1)
    first = queue(workspace, a_request(idempotency_key="k"))
    change_template(workspace, receipt, subject="Something else")
    assert queue(workspace, a_request(idempotency_key="k")).dispatch_id == first.dispatch_id
    delete_templates(workspace, [receipt])
    suppress(workspace, ["anna@example.com"], SuppressionReason.COMPLAINT, "Link")
    assert queue(workspace, a_request(idempotency_key="k")).dispatch_id == first.dispatch_id


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize(
    "changes",
    [
        {"to": "ben@example.com"},
        {"data": {"order": 2072}},
        {"data": {"order": 2071, "lines": []}},
        {"to_name": "Anna"},
        {"template": "Other"},
        {"subject": "Another subject"},
        {"reply_to": "help@berger.example"},
        {"identity_id": 7},
    ],
)
def test_another_message_under_a_used_key_is_refused(workspace: Workspace, changes: dict[str, object]) -> None:
    an_account(workspace, 1)
    add_template(workspace, name="Other", mjml=RECEIPT, subject="Your order {{ order }}")
    queue(workspace, a_request(idempotency_key="k"))
    assert refusal(workspace, a_request(idempotency_key="k", **changes)).code is Refusal.KEY_REUSED


@pytest.mark.any_workspace
def test_twenty_at_once_under_one_key_are_one_message(workspace: Workspace) -> None:
    mjml = RECEIPT.replace("Thank you", '<a href="{{ unsubscribe_url }}">No more</a> Thank you')
    add_template(workspace, name="Receipt", mjml=mjml, subject="Your order {{ order }}")
    an_account(workspace, 1)
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: queue(workspace, a_request(idempotency_key="k")), range(20)))
    assert len({one.dispatch_id for one in found}) == 1
    assert [one.is_new for one in found].count(True) == 1
    with workspace.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1


@pytest.mark.any_workspace
def test_without_a_key_each_is_a_message_of_its_own_under_one_hidden_campaign(workspace: Workspace) -> None:
    template_id = add_template(workspace, name="Receipt", mjml=RECEIPT, subject="Your order {{ order }}")
    an_account(workspace, 1)
    made = [queue(workspace, a_request()) for _ in range(3)]
    change_template(workspace, template_id, name="Receipt (new)")
    made.append(queue(workspace, a_request(template=template_id)))
    assert len({one.dispatch_id for one in made}) == 4
    assert campaigns.list_campaigns(workspace) == ()
    with workspace.read() as session:
        (hidden,) = session.scalars(select(Campaign))
        assert (hidden.kind, hidden.name) == (CampaignKind.TRANSACTIONAL, "Receipt (new)")
        rows = session.execute(select(Dispatch.state, Dispatch.wish, Dispatch.priority)).all()
    assert set(rows) == {(DispatchState.SENDING, Wish.RUN, PRIORITY)}


@pytest.mark.usefixtures("receipt")
async def test_the_contacts_values_fill_in_what_the_data_leaves_open_and_the_history_shows_it(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, ["anna@example.com", "ben@example.com"], consent=ConsentState.UNKNOWN)
    an_account(workspace, smtp_server.port)
    async with an_agent(workspace):
        one = queue(workspace, a_request())
        other = queue(workspace, a_request("ben@example.com", data={"order": 1, "first_name": "Benjamin"}))
        for queued in (one, other):
            await until_settled(workspace, queued.dispatch_id)
    texts = {mail.recipient: part(decoded(mail.content), "plain") for mail in smtp_server.mails}
    assert "Thank you, Anna." in texts["anna@example.com"]
    assert "Thank you, Benjamin." in texts["ben@example.com"]
    with workspace.read() as session:
        anna = session.scalars(select(Contact.id).where(Contact.email == "anna@example.com")).one()
    (entry,) = contacts.get(workspace, anna).deliveries
    assert (entry.campaign, entry.state) == ("Receipt", SENT)


@pytest.mark.usefixtures("receipt")
async def test_name_subject_and_reply_address_of_the_request_are_taken(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    mjml = RECEIPT.replace("Thank you", "Dear {{ to_name }}, thank you")
    add_template(workspace, name="Named", mjml=mjml, subject="Your order {{ order }}")
    an_account(workspace, smtp_server.port)
    changes: dict[str, object] = {
        "to_name": "Anna <Berg>",
        "subject": "{{ order }}!",
        "reply_to": "Help@berger.example",
    }
    async with an_agent(workspace):
        queued = queue(workspace, a_request(template="Named", **changes))
        await until_settled(workspace, queued.dispatch_id)
    message = decoded(smtp_server.mails[0].content)
    assert (message["Subject"], message["Reply-To"]) == ("2071!", "help@berger.example")
    assert message["To"].addresses[0].display_name == "Anna <Berg>"
    assert "Dear Anna &lt;Berg&gt;" in part(message, "html")


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"template": "Reciept"}, Refusal.UNKNOWN_TEMPLATE, "There is no template “Reciept”."),
        ({"template": 99}, Refusal.UNKNOWN_TEMPLATE, "There is no template “99”."),
        ({"to": "anna"}, Refusal.BAD_ADDRESS, "“to” is no e-mail address: There is no @ sign."),
        ({"to": "a@example.com, b@example.com"}, Refusal.BAD_ADDRESS, "Two addresses"),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, Refusal.BAD_ADDRESS, "“to” is no e-mail address"),
        ({"reply_to": "help@"}, Refusal.BAD_ADDRESS, "“reply_to” is no e-mail address"),
        ({"data": {}}, Refusal.MISSING_DATA, "“order”"),
        ({"data": {"order": "1\r\nBcc: b@example.com"}}, Refusal.BAD_CONTENT, "line break"),
        ({"to_name": "Anna\nBcc: b@example.com"}, Refusal.BAD_CONTENT, "line break"),
        ({"data": {"order": "\ud800"}}, Refusal.BAD_DATA, "“order”"),
        ({"data": {"order": "\0"}}, Refusal.BAD_DATA, "“order”"),
        ({"data": {"order": float("nan")}}, Refusal.BAD_DATA, "“order”"),
        ({"data": {"order": utcnow()}}, Refusal.BAD_DATA, "“order”"),
        ({"data": {"order number": 1}}, Refusal.BAD_DATA, "“order number”"),
        ({"data": {"__class__": 1}}, Refusal.BAD_DATA, "“__class__”"),
        ({"subject": "{{ order"}, Refusal.BAD_CONTENT, "subject"),
        ({"subject": "  "}, Refusal.BAD_CONTENT, "no subject"),
        ({"subject": "{{ order.__class__ }}"}, Refusal.BAD_CONTENT, "__class__"),
        ({"subject": "{{ order + 'x' }}"}, Refusal.BAD_CONTENT, "cannot be worked out"),
        ({"identity_id": 99}, Refusal.UNKNOWN_SENDER, "was removed"),
        ({"idempotency_key": ""}, Refusal.BAD_KEY, "key"),
        ({"idempotency_key": "x" * 201}, Refusal.BAD_KEY, "key"),
        ({"idempotency_key": "two\nlines"}, Refusal.BAD_KEY, "key"),
    ],
)
def test_what_cannot_become_a_mail_is_refused_at_once(
    workspace: Workspace, changes: dict[str, object], code: Refusal, words: str
) -> None:
    an_account(workspace, 1)
    refused = refusal(workspace, a_request(**changes))
    assert refused.code is code
    assert words in refused.title


def test_a_value_left_empty_on_purpose_is_no_gap(workspace: Workspace, receipt: int) -> None:
    an_account(workspace, 1)
    assert queue(workspace, a_request(template=receipt, data={"order": ""})).is_new


@pytest.mark.usefixtures("receipt")
def test_two_templates_of_one_name_are_not_guessed_between(workspace: Workspace) -> None:
    an_account(workspace, 1)
    add_template(workspace, name="Receipt", mjml=RECEIPT, subject="x")
    assert "several" in refusal(workspace, a_request()).title


@pytest.mark.usefixtures("receipt")
def test_a_from_address_is_named_where_there_are_several(workspace: Workspace) -> None:
    assert refusal(workspace, a_request()).code is Refusal.UNKNOWN_SENDER
    first = an_account(workspace, 1)
    assert queue(workspace, a_request()).is_new
    an_account(workspace, 1)
    assert refusal(workspace, a_request()).code is Refusal.UNKNOWN_SENDER
    assert queue(workspace, a_request(identity_id=first)).is_new


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize("reason", [one for one in SuppressionReason if one is not SuppressionReason.UNSUBSCRIBED])
def test_a_suppressed_address_is_refused_at_once(workspace: Workspace, reason: SuppressionReason) -> None:
    an_account(workspace, 1)
    suppress(workspace, ["anna@example.com"], reason, "Somehow")
    assert refusal(workspace, a_request()).code is Refusal.SUPPRESSED


@pytest.mark.usefixtures("receipt")
async def test_who_unsubscribed_still_gets_it_but_not_who_is_suppressed_meanwhile(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    an_account(workspace, smtp_server.port)
    suppress(workspace, ["anna@example.com"], SuppressionReason.UNSUBSCRIBED, "Link")
    anna, ben = queue(workspace, a_request()), queue(workspace, a_request("ben@example.com"))
    suppress(workspace, ["ben@example.com"], SuppressionReason.HARD_BOUNCE, "Server")
    async with an_agent(workspace):
        assert (await until_settled(workspace, anna.dispatch_id)).state is SENT
        left_out = await until_settled(workspace, ben.dispatch_id)
    assert (left_out.state, left_out.reason) == (DeliveryState.SKIPPED, "suppressed")
    assert left_out.words == "left out: The address must not be mailed: unsubscribed, bounced or blocked."
    assert smtp_server.recipients == ["anna@example.com"]


@pytest.mark.usefixtures("receipt")
async def test_it_goes_on_by_itself_once_its_account_is_mended(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.users["shop"] = "right"
    identity_id = an_account(workspace, smtp_server.port, username="shop", password="wrong")
    queued = queue(workspace, a_request())
    async with an_agent(workspace):
        await eventually(lambda: bool(status(workspace, dispatch_id=queued.dispatch_id).problem))
        assert status(workspace, dispatch_id=queued.dispatch_id).state is QUEUED
        assert refusal(workspace, a_request("ben@example.com")).code is Refusal.ACCOUNT_CANNOT_SEND
        smtp_server.users["shop"] = "wrong"
        change_limits(workspace, identity_id, Limits())
        assert (await until_settled(workspace, queued.dispatch_id)).state is SENT
    assert [account.problem for account in list_accounts(workspace)] == [""]


@pytest.mark.usefixtures("receipt")
async def test_it_goes_on_with_a_campaign_that_the_user_lets_go_on(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.users["shop"] = "changed at the provider"
    add_contacts(workspace, ["ben@example.com"])
    identity_id = an_account(workspace, smtp_server.port, username="shop", password="old")
    queued, dispatch_id = queue(workspace, a_request()), launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: bool(report.problem))
        await eventually(lambda: bool(status(workspace, dispatch_id=queued.dispatch_id).problem))
        smtp_server.users["shop"] = "old"
        campaigns.resume(workspace, dispatch_id)
        assert (await until_settled(workspace, queued.dispatch_id)).state is SENT


@pytest.mark.usefixtures("receipt")
async def test_what_the_server_refuses_is_told(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.at(Step.RCPT, answer("550 5.1.1 no such mailbox"))
    an_account(workspace, smtp_server.port)
    async with an_agent(workspace):
        done = await until_settled(workspace, queue(workspace, a_request()).dispatch_id)
    assert (done.state, done.attempts) == (DeliveryState.FAILED, 1)
    assert done.reply == "550 5.1.1 no such mailbox"
    assert done.words.startswith("refused: ")
    assert done.settled_at is not None
    assert utcnow() - done.settled_at < timedelta(minutes=1)


@pytest.mark.usefixtures("receipt")
async def test_a_crash_loses_and_repeats_nothing(workspace: Workspace, smtp_server: SmtpServer) -> None:
    an_account(workspace, smtp_server.port)
    smtp_server.always[Step.DOT] = late(0.05)
    keys = [f"order-{number}" for number in range(60)]
    for round_number in range(3):
        async with agent_process(workspace) as agent:
            await agent.until_at_work()
            for number, key in enumerate(keys[: 20 * (round_number + 1)]):
                await asyncio.to_thread(queue, workspace, a_request(f"p{number}@example.com", idempotency_key=key))
            enough = len(smtp_server.mails) + 3
            await eventually(lambda n=enough: len(smtp_server.mails) >= n)
            await agent.kill()
    async with an_agent(workspace):
        found = {key: status(workspace, idempotency_key=key).id for key in keys}
        states = {key: (await until_settled(workspace, dispatch_id)).state for key, dispatch_id in found.items()}
    received = Counter(smtp_server.recipients)
    counted = Counter(states.values())
    assert set(counted) <= {SENT, IN_DOUBT}
    assert counted[SENT] > counted[IN_DOUBT]
    assert max(received.values()) == 1
    assert {f"p{number}@example.com" for number, key in enumerate(keys) if states[key] is SENT} <= set(received)


@pytest.mark.usefixtures("receipt")
async def test_a_message_in_doubt_is_not_sent_again(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = SILENCE
    an_account(workspace, smtp_server.port)
    queued = queue(workspace, a_request(idempotency_key="k"))
    async with agent_process(workspace) as agent:
        await eventually(lambda: any(line == "DATA" for line in smtp_server.commands))
        await agent.kill()
    smtp_server.hang_up()
    smtp_server.always.clear()
    async with an_agent(workspace):
        done = await until_settled(workspace, queued.dispatch_id)
        assert queue(workspace, a_request(idempotency_key="k")).dispatch_id == queued.dispatch_id
        await asyncio.sleep(0.3)
    assert done.state is IN_DOUBT
    assert smtp_server.mails == []


def test_there_is_no_status_of_a_campaigns_dispatch(workspace: Workspace) -> None:
    add_contacts(workspace, people(1))
    dispatch_id = launched(workspace, an_account(workspace, 1))
    with pytest.raises(MessageRefused) as refused:
        status(workspace, dispatch_id=dispatch_id)
    assert refused.value.code is Refusal.UNKNOWN_MESSAGE


def test_a_problem_of_the_account_refuses(workspace: Workspace, receipt: int) -> None:
    an_account(workspace, 1)
    with workspace.write() as session:
        session.scalars(select(Account)).one().problem = "The password is wrong."
    refused = refusal(workspace, a_request(template=receipt))
    assert refused.code is Refusal.ACCOUNT_CANNOT_SEND
    assert "The password is wrong." in refused.title
