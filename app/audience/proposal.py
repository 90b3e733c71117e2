"""The import that a file suggests by itself, before anybody has touched the mapping."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.audience.fields import list_fields
from app.audience.import_plan import DuplicateRule, ImportPlan
from app.audience.mapping import ColumnPlan, FieldSpec, Mapping_, NewField, check_mapping, guess_mapping
from app.audience.statuses import STATUS, standing_of
from app.audience.synonyms import fold
from app.audience.tabular import Table, open_table
from app.audience.values import BadValue, as_text
from app.models.fields import FieldInfo
from app.models.states import LawfulBasis
from app.models.workspace import Workspace

_STATUS_HEADERS = frozenset(
    fold(header)
    for header in (
        "status", "subscription status", "email status", "newsletter", "subscribed", "unsubscribed", "opt in",
        "optin", "marketing", "abonniert", "einwilligung", "consent", "permission", "abonné", "suscrito", "iscritto",
        "ingeschreven",
    )
)  # fmt: skip
_SURE_SHARE = 0.9


def propose_mapping(table: Table, fields: Sequence[FieldInfo]) -> Mapping_:
    """A target for each column of *table*: a field, a new field, whether a person may be mailed, or nothing."""
    specs = [FieldSpec(field.key, field.label, field.type) for field in fields]
    guessed = guess_mapping(table.header, table.sample, specs)
    columns: list[ColumnPlan] = []
    for column in guessed.columns:
        is_status = STATUS not in {one.target for one in columns} and _is_status(column, table)
        columns.append(replace(column, target=STATUS, confidence=1.0) if is_status else column)
    return Mapping_(tuple(columns), check_mapping(columns))


def plan_import(
    workspace: Workspace,
    path: Path,
    *,
    sheet: str | None = None,
    new_list_name: str = "",
    tags: tuple[str, ...] = (),
    basis: LawfulBasis | None = None,
    source: str = "",
    on_duplicate: DuplicateRule = DuplicateRule.UPDATE,
) -> ImportPlan:
    """The plan for importing *path* as it suggests itself.

    Raises:
        UnreadableFile: the file is no table.
        MappingProblem: the columns cannot be told by themselves.
    """
    table = open_table(path, sheet=sheet)
    mapping = propose_mapping(table, list_fields(workspace))
    for problem in mapping.problems:
        raise problem
    return ImportPlan(
        path,
        mapping.columns,
        sheet=sheet,
        new_list_name=new_list_name,
        tags=tags,
        basis=basis,
        source=source,
        on_duplicate=on_duplicate,
    )


def _is_status(column: ColumnPlan, table: Table) -> bool:
    """Whether a column that has no field says who may be mailed: by its header, and by nearly all its words."""
    if not isinstance(column.target, NewField) or fold(column.header) not in _STATUS_HEADERS:
        return False
    words = [as_text(row[column.source_index]) for row in table.sample if row[column.source_index] is not None]
    known = sum(_is_known(word) for word in words)
    return bool(words) and known >= _SURE_SHARE * len(words)


def _is_known(word: str) -> bool:
    try:
        standing_of(word)
    except BadValue:
        return False
    return True
