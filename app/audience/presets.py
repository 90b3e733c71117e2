"""Exports of other programs, recognised by their headings: what their columns are, and who must not be mailed.

They are data (`resources/contact_exports.toml`), because those programs change their exports without notice.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypedDict, cast

from app.audience.mapping import (
    CONSENT_AT,
    CONSENT_IP,
    CONSENT_SOURCE,
    FULL_NAME,
    IGNORE,
    SHARED,
    TAGS,
    ColumnPlan,
    Mapping_,
    Target,
    check_mapping,
)
from app.audience.statuses import CONFIRMATION, STATUS, Answers, Standing
from app.audience.synonyms import fold
from app.models.fields import FieldInfo
from app.paths import resources

_LEAVE_OUT = "leave out"
_CONFIRMED = "confirmed"
# As the file writes what is no field.
_TARGETS: dict[str, Target] = {
    _LEAVE_OUT: IGNORE,
    STATUS: STATUS,
    "status": STATUS,
    "tags": TAGS,
    CONSENT_AT: CONSENT_AT,
    CONSENT_IP: CONSENT_IP,
    CONSENT_SOURCE: CONSENT_SOURCE,
    FULL_NAME: FULL_NAME,
}


@dataclass(frozen=True, slots=True)
class PresetColumn:
    """What becomes of a column, and what a yes or no in it means if that differs from the usual."""

    target: Target
    answers: Answers | None = None


@dataclass(frozen=True, slots=True)
class ExportPreset:
    """The export of a program. Headings are folded as `fold` does.

    Attributes:
        name: As the user knows the program.
        source: The page where the headings were read.
        headings: The file is one of this program if it has all of these.
        files: What a file says of everybody in it, by the first word of its name.
    """

    name: str
    source: str
    headings: frozenset[str]
    columns: dict[str, PresetColumn]
    files: dict[str, Standing]

    def standing(self, file_name: str) -> Standing:
        """What a file of this program says of everybody in it, before any column does."""
        return self.files.get(fold(file_name).partition(" ")[0], Standing.MAY_BE_MAILED)

    def apply(self, mapping: Mapping_, fields: Sequence[FieldInfo]) -> Mapping_:
        """*mapping*, what was guessed of such a file, with what is known of it."""
        keys = {field.key for field in fields}
        known = [self._known(plan, keys) for plan in mapping.columns]
        taken = {plan.target for plan, is_known in known if is_known} - SHARED
        columns = tuple(
            plan if is_known or plan.target not in taken else replace(plan, target=IGNORE) for plan, is_known in known
        )
        return Mapping_(columns, check_mapping(columns))

    def _known(self, plan: ColumnPlan, keys: set[str]) -> tuple[ColumnPlan, bool]:
        column = self.columns.get(fold(plan.header))
        if column is None:
            return plan, False
        is_there = column.target in keys or column.target in _TARGETS.values()
        if not is_there or (column.target == FULL_NAME and not {"first_name", "last_name"} <= keys):
            return plan, False
        return replace(plan, target=column.target, answers=column.answers, confidence=1.0), True


def recognise(header: Sequence[str]) -> ExportPreset | None:
    """The program whose export has these headings; None if it is none that is known. The most telling one wins."""
    there = {fold(name) for name in header}
    fitting = [preset for preset in presets() if preset.headings <= there]
    return max(fitting, key=lambda preset: len(there & preset.columns.keys()), default=None)


class _Export(TypedDict, total=False):
    name: str
    source: str
    headings: list[str]
    columns: dict[str, str]
    files: dict[str, str]


@cache
def presets() -> tuple[ExportPreset, ...]:
    """All exports that are known, in the order of the file."""
    content = tomllib.loads((resources() / "contact_exports.toml").read_text(encoding="utf-8"))
    return tuple(_preset(cast("_Export", table)) for table in content["export"])


def _preset(table: _Export) -> ExportPreset:
    return ExportPreset(
        name=table["name"],
        source=table["source"],
        headings=frozenset(map(fold, table["headings"])),
        columns={fold(heading): _column(text) for heading, text in table["columns"].items()},
        files={word: Standing[meaning.upper()] for word, meaning in table.get("files", {}).items()},
    )


def _column(text: str) -> PresetColumn:
    target, _, meaning = text.partition(": ")
    answers = None
    if meaning:
        answers = CONFIRMATION if meaning == _CONFIRMED else Answers.to_refusal(Standing[meaning.upper()])
    return PresetColumn(_TARGETS.get(target, target), answers)
