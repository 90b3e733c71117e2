"""What a campaign can say about its sending: format, headers, hours. All of it arrives, or is refused with a sentence
before anything is sent.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.audience.audience import Audience
from app.content.library import add_template
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import CampaignKind, MessageFormat
from app.models.tables import Campaign, Contact, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.accounts import list_identities
from app.sending.attachments import add_file, add_files, list_files, remove_files
from app.sending.breaker import Breaker
from app.sending.personal_files import forget_personal
from app.sending.plan import freeze
from app.sending.windows import SendingWindow
from tests.engine.builders import add_contacts, an_account
from tests.engine.drafts import a_draft, a_folder, what_arrives
from tests.sending.smtp_server import SmtpServer

pytestmark = pytest.mark.any_workspace


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
