"""What the page says as long as there are no contacts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.paths import resources
from app.ui.pages.contacts.wording import translate
from app.ui.widgets import EmptyState, primary_button, secondary_button

SAMPLE = resources() / "sample" / "contacts.xlsx"


def first_steps(import_file: Callable[[Path | None], object]) -> EmptyState:
    """*import_file* begins an import, with this file or with the question for one."""
    return EmptyState(
        "users",
        translate("Contacts", "Bring your contacts"),
        translate(
            "Contacts",
            "Choose your list from Excel, or drop it on this window. Nothing is stored before you have seen it.",
        ),
        secondary_button(
            translate("Contacts", "Use the sample spreadsheet"),
            "sparkles",
            on_click=lambda: import_file(SAMPLE),
            name="useSample",
        ),
        primary_button(
            translate("Contacts", "Import spreadsheet"),
            "upload",
            on_click=lambda: import_file(None),
            name="importFirst",
        ),
    )
