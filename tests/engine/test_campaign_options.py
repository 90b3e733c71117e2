"""What a campaign can say about its sending: accounts, files, format, headers, hours. All of it arrives, or is refused
with a sentence before anything is sent.
"""

import email.policy
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.audience.audience import Audience
from app.audience.fields import add_field
from app.content.library import add_template
from app.errors import Cancelled, UserFacingError
from app.models.base import utcnow
from app.models.sql import driver_sql
from app.models.states import CampaignKind, DeliveryState, DispatchState, FieldType, MessageFormat, SkipReason
from app.models.tables import Account, AccountUsage, Campaign, CampaignRoute, Contact, Delivery, Dispatch
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending import campaigns
from app.sending.accounts import add_practice_account, list_identities
from app.sending.attachments import MOST_BYTES, add_file, add_files, list_files, remove_files, restore_files
from app.sending.breaker import Breaker
from app.sending.limits import Limits
from app.sending.outlook import outlook_of_dispatch, outlook_of_draft, ways_of
from app.sending.personal_files import forget_personal, import_personal, personal_findings
from app.sending.plan import freeze
from app.sending.windows import SendingWindow
from tests.engine.builders import a_campaign, add_contacts, an_account
from tests.engine.conftest import an_agent, until_rest
from tests.sending.smtp_server import SmtpServer

pytestmark = pytest.mark.any_workspace

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WITH_LOGO = """<mjml><mj-body><mj-section><mj-column><mj-image src="cid:logo" alt="Our logo" />
<mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>"""


def a_draft(workspace: Workspace, port: int = 25, **changes: object) -> int:
    campaign_id = a_campaign(workspace, an_account(workspace, port))
    campaigns.change_campaign(workspace, campaign_id, **changes)  # type: ignore[arg-type]
    return campaign_id


async def what_arrives(workspace: Workspace, server: SmtpServer, campaign_id: int) -> dict[str, EmailMessage]:
    """Send the campaign; the messages by recipient."""
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    return {mail.recipient: message_from_bytes(mail.content, policy=email.policy.default) for mail in server.mails}


def with_files(workspace: Workspace, files: dict[str, str]) -> None:
    """Contacts whose field “Invoice” holds what *files* says."""
    add_contacts(workspace, files)
    column = add_field(workspace, "Invoice", FieldType.TEXT).column
    with workspace.write() as session:
        for address, name in files.items():
            driver_sql(
                session.connection(), f'UPDATE contact SET "{column}" = ? WHERE email = ?', (name or None, address)
            )


def a_folder(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        (path / name).write_bytes(b"%PDF " + name.encode())
    return path


async def test_options_arrive_with_the_message(workspace: Workspace, smtp_server: SmtpServer, tmp_path: Path) -> None:
    add_contacts(workspace, ["ann@example.com"])
    campaign_id = a_draft(
        workspace,
        smtp_server.port,
        reply_to="answers@berger.example",
        headers=[("X-Customer", "{{ first_name }}")],
    )
    add_files(workspace, campaign_id, [a_folder(tmp_path / "f", "Prices 2026.pdf") / "Prices 2026.pdf"])
    message = (await what_arrives(workspace, smtp_server, campaign_id))["ann@example.com"]
    assert message["Reply-To"] == "answers@berger.example"
    assert message["X-Customer"] == "Ann"
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert files == {"Prices 2026.pdf": b"%PDF Prices 2026.pdf"}


async def test_plain_text_only_has_no_html(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, ["ann@example.com"])
    campaign_id = a_draft(workspace, smtp_server.port, format=MessageFormat.TEXT_ONLY)
    message = (await what_arrives(workspace, smtp_server, campaign_id))["ann@example.com"]
    assert message.get_content_type() == "text/plain"
    assert "Hello Ann" in message.get_content()


async def test_a_picture_in_the_message_is_asked_for_and_found_by_its_name(
    workspace: Workspace, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    add_contacts(workspace, ["ann@example.com"])
    campaign_id = a_campaign(workspace, an_account(workspace, smtp_server.port), mjml=WITH_LOGO)
    with pytest.raises(UserFacingError, match="shows the picture “logo”"):
        campaigns.launch(workspace, campaign_id)
    (tmp_path / "Logo.png").write_bytes(PNG)
    (file,) = add_files(workspace, campaign_id, [tmp_path / "Logo.png"])
    assert file.content_id == "logo"
    message = (await what_arrives(workspace, smtp_server, campaign_id))["ann@example.com"]
    picture = next(part for part in message.walk() if part["Content-ID"])
    assert (picture["Content-ID"], picture.get_content()) == ("<logo>", PNG)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"headers": [("Bcc", "me@example.com")]}, "“Bcc” cannot be set"),
        ({"headers": [("X Y", "1")]}, "cannot be the name of a header"),
        ({"headers": [("X-A", "{{ oops")]}, "."),
        ({"reply_to": "nobody"}, "“nobody” is not an e-mail address"),
        ({"file_field": "gone"}, "There is no field “gone”"),
    ],
)
def test_what_would_stop_the_sending_is_said_at_launch(
    workspace: Workspace, changes: dict[str, object], sentence: str
) -> None:
    add_contacts(workspace, ["ann@example.com"])
    campaign_id = a_draft(workspace, **changes)
    with pytest.raises(UserFacingError, match=sentence):
        campaigns.launch(workspace, campaign_id)
    with workspace.read() as session:
        assert session.scalars(select(Dispatch)).all() == []


def test_files_beyond_what_mailboxes_take_are_refused_and_change_nothing(workspace: Workspace, tmp_path: Path) -> None:
    campaign_id = a_draft(workspace)
    add_file(workspace, campaign_id, "a.bin", bytes(MOST_BYTES - 10))
    (tmp_path / "b.bin").write_bytes(bytes(20))
    with pytest.raises(UserFacingError, match="more than mailboxes take"):
        add_files(workspace, campaign_id, [tmp_path / "b.bin"])
    (tmp_path / "c.bin").write_bytes(bytes(MOST_BYTES + 1))
    with pytest.raises(UserFacingError, match="does not fit into a mail"):
        add_files(workspace, campaign_id, [tmp_path / "c.bin"])
    with pytest.raises(UserFacingError, match=r"a file “A\.BIN” already"):
        add_file(workspace, campaign_id, "A.BIN", b"")
    with pytest.raises(UserFacingError, match="cannot be read"):
        add_files(workspace, campaign_id, [tmp_path])
    assert [file.name for file in list_files(workspace, campaign_id)] == ["a.bin"]


def test_a_removed_file_can_be_put_back(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    file_id = add_file(workspace, campaign_id, "logo.png", PNG, content_id="logo")
    before = list_files(workspace, campaign_id)
    removed = remove_files(workspace, campaign_id, [file_id])
    assert list_files(workspace, campaign_id) == ()
    restore_files(workspace, removed)
    after = list_files(workspace, campaign_id)
    assert [(one.name, one.content_id, one.size) for one in after] == [
        (one.name, one.content_id, one.size) for one in before
    ]


async def test_each_gets_the_file_that_their_field_names(
    workspace: Workspace, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    with_files(
        workspace,
        {"ann@x.example": "1.pdf", "bob@x.example": "2.PDF; 3.pdf", "cy@x.example": "", "dee@x.example": "9.pdf"},
    )
    campaign_id = a_draft(workspace, smtp_server.port)
    found = import_personal(
        workspace, campaign_id, a_folder(tmp_path / "f", "1.pdf", "2.pdf", "3.pdf", "4.pdf"), "invoice"
    )
    assert (found.files, found.served, found.blank, found.people_missing) == (4, 2, 1, 1)
    assert (found.missing, found.unused) == (("9.pdf",), ("4.pdf",))
    assert found.largest_bytes == 2 * len(b"%PDF 2.pdf")
    messages = await what_arrives(workspace, smtp_server, campaign_id)
    names = {
        address: [part.get_filename() for part in message.iter_attachments()] for address, message in messages.items()
    }
    assert names == {"ann@x.example": ["1.pdf"], "bob@x.example": ["2.pdf", "3.pdf"], "cy@x.example": []}
    with workspace.read() as session:
        skipped = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.SKIPPED)).one()
        assert (skipped.address, skipped.reason) == ("dee@x.example", SkipReason.CONTENT_ERROR)


def test_importing_personal_files_again_replaces_them_and_cancelling_changes_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    with_files(workspace, {"ann@x.example": "1.pdf"})
    campaign_id = a_draft(workspace)
    import_personal(workspace, campaign_id, a_folder(tmp_path / "a", "1.pdf"), "invoice")
    with pytest.raises(Cancelled):
        import_personal(workspace, campaign_id, a_folder(tmp_path / "b", "2.pdf"), "invoice", is_cancelled=lambda: True)
    assert [file.name for file in list_files(workspace, campaign_id)] == ["1.pdf"]
    found = import_personal(workspace, campaign_id, tmp_path / "b", "invoice")
    assert (found.unused, found.missing) == (("2.pdf",), ("1.pdf",))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserFacingError, match="no files"):
        import_personal(workspace, campaign_id, tmp_path / "empty", "invoice")
    everybody = Audience(everyone=True)
    assert personal_findings(workspace, campaign_id, file_field="invoice", audience=everybody) == found
    forget_personal(workspace, campaign_id)
    assert list_files(workspace, campaign_id) == ()


async def test_several_accounts_share_a_campaign(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, [f"p{number}@example.com" for number in range(40)])
    campaign_id = a_draft(workspace, smtp_server.port)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    second, spare = an_account(workspace, smtp_server.port), an_account(workspace, smtp_server.port)
    assert first is not None
    campaigns.set_routes(workspace, campaign_id, {first: 3, second: 1, spare: 0})
    await what_arrives(workspace, smtp_server, campaign_id)
    dispatch_id = campaigns.get_campaign(workspace, campaign_id).dispatch_id
    assert dispatch_id is not None
    rows = delivery_page(workspace, delivery_ids(workspace, dispatch_id))
    with workspace.read() as session:
        used = session.scalars(select(Delivery.account_id).distinct()).all()
    assert len(rows) == 40
    assert len(used) == 2
    assert [way.weight for way in ways_of(workspace, dispatch_id)] == [3, 1, 0]


def test_routes_need_a_share_and_real_accounts(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    assert first is not None
    second = an_account(workspace, 25)
    add_practice_account(workspace)
    practice = list_identities(workspace)[-1].id
    with pytest.raises(UserFacingError, match="None of the accounts has a share"):
        campaigns.set_routes(workspace, campaign_id, {first: 0, second: 0})
    with pytest.raises(UserFacingError, match="practice account cannot share"):
        campaigns.set_routes(workspace, campaign_id, {first: 1, practice: 1})
    campaigns.set_routes(workspace, campaign_id, {first: 2, second: 1})
    campaigns.set_routes(workspace, campaign_id, {second: 1})
    info = campaigns.get_campaign(workspace, campaign_id)
    assert (info.identity_id, info.routes, info.shares) == (second, {}, {second: 1})


def test_another_sender_takes_the_share_of_the_one_before(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    assert first is not None
    second, third = an_account(workspace, 25), an_account(workspace, 25)
    campaigns.set_routes(workspace, campaign_id, {first: 70, second: 30})
    campaigns.change_campaign(workspace, campaign_id, identity_id=third)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {third: 70, second: 30}
    campaigns.change_campaign(workspace, campaign_id, identity_id=second)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {}
    campaigns.set_routes(workspace, campaign_id, {first: 70, second: 30})
    add_practice_account(workspace)
    campaigns.change_campaign(workspace, campaign_id, identity_id=list_identities(workspace)[-1].id)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {}


def test_a_copy_has_files_routes_and_options_but_no_count_of_the_old_one(workspace: Workspace) -> None:
    window = SendingWindow(frozenset(range(5)), per_day=500)
    breaker = Breaker(bounce_percent=2.0, at_least=50, since=utcnow())
    campaign_id = a_draft(
        workspace,
        reply_to="a@b.example",
        headers=[("X-A", "1")],
        window=window,
        breaker=breaker,
        give_up_after_h=12,
        format=MessageFormat.TEXT_ONLY,
    )
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    assert first is not None
    campaigns.set_routes(workspace, campaign_id, {first: 2, an_account(workspace, 25): 1})
    add_file(workspace, campaign_id, "a.pdf", b"x")
    original = campaigns.get_campaign(workspace, campaign_id)
    copy = campaigns.get_campaign(workspace, campaigns.copy_campaign(workspace, campaign_id))
    assert (copy.reply_to, copy.headers, copy.window, copy.give_up_after_h, copy.format, copy.routes) == (
        original.reply_to,
        (("X-A", "1"),),
        window,
        12,
        MessageFormat.TEXT_ONLY,
        original.routes,
    )
    assert copy.breaker == Breaker(bounce_percent=2.0, at_least=50)
    assert [(file.name, file.size) for file in list_files(workspace, copy.id)] == [("a.pdf", 1)]


def test_nothing_about_the_sending_changes_once_it_is_on_its_way(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    add_file(workspace, campaign_id, "a.pdf", b"x")
    campaigns.launch(workspace, campaign_id, at=utcnow() + timedelta(days=1))
    first = list_identities(workspace)[0].id
    changes = [
        lambda: campaigns.change_campaign(workspace, campaign_id, reply_to="a@b.example"),
        lambda: campaigns.set_routes(workspace, campaign_id, {first: 1}),
        lambda: add_file(workspace, campaign_id, "b.pdf", b""),
        lambda: remove_files(workspace, campaign_id, [1]),
        lambda: forget_personal(workspace, campaign_id),
    ]
    for change in changes:
        with pytest.raises(UserFacingError, match="on its way"):
            change()


def test_single_messages_of_other_programs_are_no_campaigns_of_the_list(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    with workspace.write() as session:
        session.add(Campaign(name="receipt", kind=CampaignKind.TRANSACTIONAL))
    assert [one.id for one in campaigns.list_campaigns(workspace)] == [campaign_id]


def test_freezing_writes_tokens_nobody_can_guess(workspace: Workspace) -> None:
    add_contacts(workspace, [f"p{number}@example.com" for number in range(50)])
    dispatch_id = campaigns.launch(workspace, a_draft(workspace), grace=campaigns.NO_GRACE)
    assert freeze(workspace, dispatch_id)
    with workspace.read() as session:
        tokens = session.scalars(select(Delivery.token)).all()
    assert len(set(tokens)) == 50
    assert {len(token) for token in tokens} == {24}


def test_the_outlook_of_a_draft_knows_limits_usage_and_accounts(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    info = campaigns.get_campaign(workspace, campaign_id)
    assert info.identity_id is not None
    with workspace.write() as session:
        session.execute(update(Account).values(per_day=500))
    start = datetime(2030, 3, 4, 8, 0, tzinfo=UTC)
    alone = outlook_of_draft(workspace, info, 1400, at=start)
    assert alone is not None
    assert alone.forecast.ends_at is not None
    assert timedelta(days=2) <= alone.forecast.ends_at - start < timedelta(days=2, hours=1)
    assert alone.forecast.because == "because of the limit of 500 a day"
    second = an_account(workspace, 25, limits=Limits(per_day=500))
    campaigns.set_routes(workspace, campaign_id, {info.identity_id: 1, second: 1})
    shared = outlook_of_draft(workspace, campaigns.get_campaign(workspace, campaign_id), 1400, at=start)
    assert shared is not None
    assert shared.forecast.ends_at is not None
    assert timedelta(days=1) <= shared.forecast.ends_at - start < timedelta(days=1, hours=1)
    assert outlook_of_draft(workspace, info, 0) is None


def test_the_outlook_of_a_dispatch_counts_what_is_left_and_what_was_sent_today(workspace: Workspace) -> None:
    add_contacts(workspace, [f"p{number}@example.com" for number in range(30)])
    campaign_id = a_draft(workspace)
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    assert outlook_of_dispatch(workspace, dispatch_id) is None
    freeze(workspace, dispatch_id)
    now = utcnow()
    with workspace.write() as session:
        session.execute(update(Account).values(per_day=20))
        account_id = session.scalars(select(Account.id)).one()
        minute = int(now.timestamp()) // 60
        session.add(AccountUsage(account_id=account_id, minute=minute - 60, count=15))
        for row in session.scalars(select(Delivery).limit(15)):
            row.state, row.settled_at = DeliveryState.SENT, now - timedelta(hours=1)
    outlook = outlook_of_dispatch(workspace, dispatch_id)
    assert outlook is not None
    assert outlook.remaining == 15
    assert outlook.forecast.ends_at is not None
    # Five more today; the other ten a day after the fifteen.
    assert timedelta(hours=22) < outlook.forecast.ends_at - now < timedelta(hours=24)
    with workspace.write() as session:
        row = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED).limit(1)).one()
        row.state, row.due_at = DeliveryState.DEFERRED, now + timedelta(days=2)
    later = outlook_of_dispatch(workspace, dispatch_id)
    assert later is not None
    assert later.forecast.ends_at is not None
    assert later.forecast.ends_at - now > timedelta(days=1)
    assert "tried again later" in later.forecast.because
    campaigns.pause(workspace, dispatch_id)
    assert outlook_of_dispatch(workspace, dispatch_id) is None


def test_a_route_whose_account_is_gone_is_forgotten(workspace: Workspace) -> None:
    from app.sending.accounts import remove_account

    campaign_id = a_draft(workspace)
    info = campaigns.get_campaign(workspace, campaign_id)
    assert info.identity_id is not None
    second = an_account(workspace, 25)
    campaigns.set_routes(workspace, campaign_id, {info.identity_id: 0, second: 1})
    account_id = next(one.account_id for one in list_identities(workspace) if one.id == second)
    remove_account(workspace, account_id)
    with workspace.read() as session:
        assert len(session.scalars(select(CampaignRoute)).all()) == 1
    add_contacts(workspace, ["ann@example.com"])
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    assert dispatch_report(workspace, dispatch_id).state is DispatchState.PLANNED


def test_a_template_with_a_fault_is_said_at_launch(workspace: Workspace) -> None:
    add_contacts(workspace, ["ann@example.com"])
    template_id = add_template(workspace, name="Bad", mjml="<mjml><mj-body>{% if %}</mj-body></mjml>", subject="x")
    campaign_id = campaigns.create_campaign(
        workspace,
        name="x",
        template_id=template_id,
        identity_id=an_account(workspace, 25),
        audience=Audience(everyone=True),
    )
    with pytest.raises(UserFacingError):
        campaigns.launch(workspace, campaign_id)
    with workspace.read() as session:
        assert session.scalars(select(Contact)).all()
