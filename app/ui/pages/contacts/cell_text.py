"""The texts of a cell: as it is shown, and as it is typed."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QLocale

from app.audience.cells import CellValue
from app.audience.values import as_text
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.wording import translate

_SHORTEST = -128
"""`QLocale::FloatingPointShortest`, which PySide's stubs do not know: as many decimals as it takes."""


def shown(value: CellValue) -> str:
    """*value* as the grid shows it."""
    match value:
        case None:
            return ""
        case bool():
            return translate("Contacts", "Yes") if value else translate("Contacts", "No")
        case date():
            return wording.day(value)
        case float():
            return _plain_number(value)
        case _:
            return " ".join(str(value).split("\n"))


def typed(value: CellValue) -> str:
    """*value* as a text that `editing.edit` turns into the same value again: a date is 2026-03-11 in every country."""
    return as_text(value)


def _plain_number(value: float) -> str:
    # Without groups: a year is not 2,026.
    locale = wording.locale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(value, "f", _SHORTEST)
