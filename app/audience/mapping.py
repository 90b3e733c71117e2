"""Which column of a file is which field of a contact: a first guess, made from headers and from what stands below."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Literal

from app.audience.names import split_full_name
from app.audience.source import Cell
from app.audience.statuses import STATUS, Answers
from app.audience.synonyms import FULL_NAME, fold, meaning_of
from app.audience.values import as_text, infer, is_address_like
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.states import FieldType

__all__ = [
    "CONSENT_AT",
    "CONSENT_IP",
    "CONSENT_SOURCE",
    "FULL_NAME",
    "IGNORE",
    "SHARED",
    "TAGS",
    "ColumnPlan",
    "MappingProblem",
    "Mapping_",
    "NewField",
    "check_mapping",
    "guess_mapping",
    "split_full_name",
]

EMAIL = "email"
# With a space, which no key of a field has.
CONSENT_AT = "consent at"
"""The target of a column that says when the person agreed."""
CONSENT_IP = "consent ip"
"""The target of a column that says where in the internet they came from."""
CONSENT_SOURCE = "consent source"
"""The target of a column that says by which form or on which occasion."""
TAGS = "tags of the file"
"""The target of a column of labels, several in one cell."""
SHARED = frozenset({STATUS, CONSENT_AT, CONSENT_IP, CONSENT_SOURCE, TAGS})
"""Targets that are no fields. Several columns may have each of them."""
_NAME_PARTS = frozenset({"first_name", "last_name"})


@dataclass(frozen=True)
class NewField:
    """A field that would be made for a column."""

    label: str
    kind: FieldType


class Ignored(Enum):
    """The one value that means: leave this column out."""

    IGNORE = "ignore"


IGNORE: Final = Ignored.IGNORE
Target = str | NewField | Literal[Ignored.IGNORE]


@dataclass(frozen=True)
class ColumnPlan:
    """What becomes of one column.

    Attributes:
        source_index: Its index in the table's header and in each row's cells.
        target: The key of a field; FULL_NAME, to be split into first and last name; a NewField; or IGNORE.
        confidence: From 0, a mere proposal, to 1, the header says it and the cells agree.
        answers: What a yes or no in it means, where the target is `STATUS` and the header does not tell.
    """

    source_index: int
    header: str
    target: Target
    confidence: float
    answers: Answers | None = None


class MappingProblem(UserFacingError):
    """Why a mapping cannot be used as it is."""


@dataclass(frozen=True)
class Mapping_:  # noqa: N801  (typing and collections.abc own the plain word)
    """What becomes of every column, in the order of the file."""

    columns: tuple[ColumnPlan, ...]
    problems: tuple[MappingProblem, ...] = ()

    @property
    def email_index(self) -> int | None:
        """Where the addresses stand."""
        return next((plan.source_index for plan in self.columns if plan.target == EMAIL), None)


def guess_mapping(header: Sequence[str], sample: Sequence[Sequence[Cell]], fields: Sequence[FieldInfo]) -> Mapping_:
    """Propose a target for each column. A field is proposed once, for the column that fits it best."""
    columns = [_Column(index, name, [row[index] for row in sample]) for index, name in enumerate(header)]
    by_key = {field.key: field for field in fields}
    by_label = {fold(field.label): field.key for field in fields} | {fold(field.key): field.key for field in fields}
    claims = sorted(
        (claim for column in columns for claim in _claims(column, by_key, by_label)),
        # A column "Name" is judged last: its meaning depends on whether there is one of first names, too.
        key=lambda claim: (claim.target == FULL_NAME, -claim.confidence, claim.source_index),
    )
    given: dict[int, ColumnPlan] = {}
    taken: set[Target] = set()
    for claim in claims:
        if claim.source_index in given or claim.target in taken:
            continue
        plan = _beside_name_parts(claim, taken, by_key) if claim.target == FULL_NAME else claim
        given[plan.source_index] = plan
        taken.add(plan.target)
    plans = tuple(given.get(column.index) or _leftover(column) for column in columns)
    return Mapping_(plans, check_mapping(plans))


def check_mapping(columns: Sequence[ColumnPlan]) -> tuple[MappingProblem, ...]:
    """What is wrong with *columns*, be they guessed or chosen by hand; empty if an import can begin.

    Several may say whether a person may be mailed: the worst of them counts. Likewise with the others of `SHARED`.
    """
    problems = []
    targets = [plan.target for plan in columns if plan.target is not IGNORE]
    emails = [plan.header for plan in columns if plan.target == EMAIL]
    if not emails:
        problems.append(MappingProblem("No column looks like e-mail addresses.", "Choose it by hand."))
    for target in dict.fromkeys(target for target in targets if target not in SHARED):
        headers = [f"“{plan.header}”" for plan in columns if plan.target == target]
        if len(headers) > 1:
            what = target.label if isinstance(target, NewField) else target
            problems.append(
                MappingProblem(f"{' and '.join(headers)} both go to “{what}”.", "Choose one, and leave the other out.")
            )
    if FULL_NAME in targets and _NAME_PARTS & set(targets):
        problems.append(
            MappingProblem("A full name would overwrite the first or last name.", "Choose the one or the others.")
        )
    return tuple(problems)


class _Column:
    """A column and what its cells say."""

    def __init__(self, index: int, header: str, cells: list[Cell]) -> None:
        self.index = index
        self.header = header
        self.filled = [cell for cell in cells if cell is not None]
        self.kind = infer(self.filled)
        addresses = sum(is_address_like(as_text(cell)) for cell in self.filled)
        self.address_share = addresses / len(self.filled) if self.filled else 0.0


def _claims(column: _Column, by_key: dict[str, FieldInfo], by_label: dict[str, str]) -> list[ColumnPlan]:
    """The fields *column* could be, each with how well it fits."""
    claims = []
    named = by_label.get(fold(column.header)) or meaning_of(column.header)
    is_there = named in by_key or (named == FULL_NAME and by_key.keys() >= _NAME_PARTS)
    if named is not None and is_there:
        fit = _fit(column, named, by_key)
        if fit > 0:
            claims.append(ColumnPlan(column.index, column.header, named, fit))
    if EMAIL in by_key and named != EMAIL and column.address_share >= 0.5:
        claims.append(ColumnPlan(column.index, column.header, EMAIL, 0.8 * column.address_share))
    return claims


def _fit(column: _Column, key: str, by_key: dict[str, FieldInfo]) -> float:
    """How well the cells of *column* agree with the field its header names."""
    if not column.filled:
        return 0.5
    if key == EMAIL:
        # "Contact" or "Mail" above something else is no address column, however it is called.
        return 0.5 + 0.5 * column.address_share if column.address_share >= 0.2 else 0.0
    if column.address_share >= 0.5:
        return 0.0
    kind = by_key[key].type if key in by_key else FieldType.TEXT
    if kind in {column.kind, FieldType.TEXT, FieldType.COUNTRY}:
        return 1.0
    if kind in {FieldType.PHONE, FieldType.LANGUAGE}:
        return 0.9
    return 0.6


def _beside_name_parts(claim: ColumnPlan, taken: set[Target], by_key: dict[str, FieldInfo]) -> ColumnPlan:
    """A column "Name" beside one of first names holds the last names: "Vorname, Name" is how German lists begin."""
    if not taken & _NAME_PARTS:
        return claim
    missing = next((key for key in ("last_name", "first_name") if key in by_key and key not in taken), IGNORE)
    return replace(claim, target=missing, confidence=0.7)


def _leftover(column: _Column) -> ColumnPlan:
    """A column no field was found for becomes a new one, unless it holds nothing."""
    if not column.filled:
        return ColumnPlan(column.index, column.header, IGNORE, 0.5)
    kind = FieldType.TEXT if column.kind is FieldType.EMAIL else column.kind
    return ColumnPlan(column.index, column.header, NewField(column.header, kind), 0.3)
