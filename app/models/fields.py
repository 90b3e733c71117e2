"""The columns every contact has from the start, and what a column looks like to the rest of the program."""

from dataclasses import dataclass

from app.models.contacts import Field
from app.models.states import FieldType


@dataclass(frozen=True)
class FieldInfo:
    """A column of the contact grid: its merge name, its label, its type, and its column in the table `contact`."""

    key: str
    label: str
    type: FieldType
    column: str
    is_builtin: bool = False
    id: int | None = None

    def to_row(self, position: int) -> Field:
        """The row that lists this field in the catalogue."""
        return Field(
            key=self.key,
            label=self.label,
            type=self.type,
            column=self.column,
            is_builtin=self.is_builtin,
            position=position,
        )


def _builtin(key: str, label: str, kind: FieldType = FieldType.TEXT) -> FieldInfo:
    return FieldInfo(key, label, kind, column=key, is_builtin=True)


BUILT_IN_FIELDS = (
    _builtin("email", "E-mail", FieldType.EMAIL),
    _builtin("first_name", "First name"),
    _builtin("last_name", "Last name"),
    _builtin("company", "Company"),
    _builtin("phone", "Phone", FieldType.PHONE),
    _builtin("street", "Street"),
    _builtin("postal_code", "Postal code"),
    _builtin("city", "City"),
    _builtin("country", "Country", FieldType.COUNTRY),
    _builtin("language", "Language", FieldType.LANGUAGE),
    _builtin("time_zone", "Time zone", FieldType.TIME_ZONE),
    _builtin("notes", "Notes"),
)
