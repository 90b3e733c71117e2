"""The files of a campaign, for everybody or for each person: they arrive, or are refused with a sentence."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.audience.audience import Audience
from app.audience.fields import add_field
from app.errors import Cancelled, UserFacingError
from app.models.sql import driver_sql
from app.models.states import DeliveryState, FieldType, SkipReason
from app.models.tables import Delivery
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.attachments import MOST_BYTES, add_file, add_files, list_files, remove_files, restore_files
from app.sending.personal_files import forget_personal, import_personal, personal_findings
from tests.engine.builders import a_campaign, add_contacts, an_account
from tests.engine.drafts import a_draft, a_folder, what_arrives
from tests.sending.smtp_server import SmtpServer

pytestmark = pytest.mark.any_workspace

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WITH_LOGO = """<mjml><mj-body><mj-section><mj-column><mj-image src="cid:logo" alt="Our logo" />
<mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>"""


def with_files(workspace: Workspace, files: dict[str, str]) -> None:
    """Contacts whose field “Invoice” holds what *files* says."""
    add_contacts(workspace, files)
    column = add_field(workspace, "Invoice", FieldType.TEXT).column
    with workspace.write() as session:
        for address, name in files.items():
            driver_sql(
                session.connection(), f'UPDATE contact SET "{column}" = ? WHERE email = ?', (name or None, address)
            )


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
