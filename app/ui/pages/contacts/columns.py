"""The columns of the grid: the fields of the workspace, and whether a contact can be mailed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSettings
from sqlalchemy import func, select

from app import paths
from app.audience.contacts import BY_STATUS
from app.audience.fields import column_of, list_fields
from app.models.contacts import Contact
from app.models.fields import FieldInfo
from app.models.states import FieldType
from app.models.workspace import Workspace
from app.ui.pages.contacts.wording import translate

EMAIL = "email"
_ALWAYS = frozenset({EMAIL, BY_STATUS, "first_name", "last_name"})
_WIDTHS = {
    EMAIL: 256,
    BY_STATUS: 148,
    "first_name": 116,
    "last_name": 132,
    "postal_code": 96,
    "language": 96,
    "notes": 240,
}
_WIDTH_OF_TYPE = {FieldType.NUMBER: 112, FieldType.DATE: 128, FieldType.YES_NO: 96, FieldType.PHONE: 150}
_USUAL_WIDTH = 148


@dataclass(frozen=True, slots=True)
class GridColumn:
    """
    Attributes:
        key: What the grid is sorted by; the field's key, or `BY_STATUS`.
        field: None for the status.
        place: The field's index in the values of a row; None for the status.
    """

    key: str
    title: str
    field: FieldInfo | None = None
    place: int | None = None

    @property
    def is_number(self) -> bool:
        return self.field is not None and self.field.type is FieldType.NUMBER

    @property
    def width(self) -> int:
        """How wide it is until the user says otherwise."""
        usual = _WIDTH_OF_TYPE.get(self.field.type, _USUAL_WIDTH) if self.field else _USUAL_WIDTH
        return _WIDTHS.get(self.key, usual)


def columns_of(fields: Sequence[FieldInfo]) -> tuple[GridColumn, ...]:
    """All columns: the address, then what everybody asks first, then the other fields."""
    made = [GridColumn(field.key, field.label, field, place) for place, field in enumerate(fields)]
    status = GridColumn(BY_STATUS, translate("Contacts", "Can be mailed?"))
    made.sort(key=lambda column: column.key != EMAIL)
    return (*made[:1], status, *made[1:])


def fields_in_use(workspace: Workspace) -> tuple[tuple[FieldInfo, ...], frozenset[str]]:
    """All fields, and the keys of those that hold anything at all."""
    fields = list_fields(workspace)
    with workspace.read() as session:
        filled = session.execute(
            select(*(func.max(column_of(field)).is_not(None) for field in fields)).select_from(Contact)
        ).one()
    return fields, frozenset(field.key for field, some in zip(fields, filled, strict=True) if some)


class ColumnMemory:
    """Which columns this user hid or showed, and how wide they are; kept on this computer, per workspace.

    A column nobody chose for shows itself when it holds anything.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._settings = QSettings(str(paths.settings_file().with_name("window.ini")), QSettings.Format.IniFormat)
        self._group = f"contacts/{workspace.name}"
        self._chosen = {key: bool(shown) for key, shown in self._load("shown").items()}
        self._widths = self._load("widths")

    def is_shown(self, column: GridColumn, in_use: Collection[str]) -> bool:
        usual = column.key in _ALWAYS or column.key in in_use
        return column.key == EMAIL or self._chosen.get(column.key, usual)

    def width(self, column: GridColumn) -> int:
        return self._widths.get(column.key, column.width)

    def show(self, column: GridColumn, shown: bool) -> None:
        self._chosen[column.key] = shown
        self._save("shown", self._chosen)

    def set_width(self, column: GridColumn, width: int) -> None:
        self._widths[column.key] = width
        self._save("widths", self._widths)

    def forget(self) -> None:
        """Show again what is shown by itself."""
        self._chosen, self._widths = {}, {}
        self._settings.remove(self._group)

    def _load(self, name: str) -> dict[str, int]:
        # QSettings gives numbers and lists back as texts, so it is given texts.
        text = self._settings.value(f"{self._group}/{name}")
        return dict(json.loads(text)) if isinstance(text, str) else {}

    def _save(self, name: str, values: Mapping[str, int]) -> None:
        self._settings.setValue(f"{self._group}/{name}", json.dumps(values))
