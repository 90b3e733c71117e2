"""The preview of an import shows what the import would do."""

from pathlib import Path

from app.audience.fields import list_fields
from app.models.workspace import Workspace
from app.ui.pages.contacts.importing.draft import Draft, Reading
from app.ui.pages.contacts.importing.preview import preview_of


def test_a_yes_below_a_heading_that_refuses_is_shown_as_a_no(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("E-mail;Unsubscribed\nanna@example.com;yes\nben@example.com;no\n", encoding="utf-8")
    shown = preview_of(Draft.open(file, list_fields(workspace), Reading()))
    column = next(column for column in shown.columns if column.title == "Can be mailed?")
    assert [cell.text for cell in column.cells] == ["No: unsubscribed", "Yes"]
