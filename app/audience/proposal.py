"""The import that a file suggests by itself, before anybody has touched the mapping."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.audience.export import EXPORTED_HEADINGS
from app.audience.fields import list_fields
from app.audience.import_plan import DuplicateRule, ImportPlan
from app.audience.mapping import ColumnPlan, Mapping_, check_mapping, guess_mapping
from app.audience.statuses import STATUS, refusal_in, standing_of
from app.audience.synonyms import fold
from app.audience.tabular import Table, open_table
from app.audience.values import BadValue, as_text
from app.models.fields import FieldInfo
from app.models.states import LawfulBasis
from app.models.workspace import Workspace

_STATUS_HEADERS = frozenset(
    fold(header)
    for header in (
        *EXPORTED_HEADINGS, "subscription status", "email status", "email subscriber status",
        "email subscription status", "newsletter", "newsletter status", "newsletter consent",
        "newsletter abonniert", "subscribed", "is subscribed", "opt in", "optin", "opted in", "email opt in",
        "opt in status", "marketing", "email marketing", "email marketing consent", "email marketing status",
        "marketing consent", "accepts marketing", "accepts email marketing", "consent", "email consent",
        "permission", "email permission", "email permission status", "abonniert", "einwilligung",
        "werbeeinwilligung", "zustimmung", "abonné", "consentement", "suscrito", "consentimiento", "iscritto",
        "consenso", "ingeschreven", "toestemming",
    )
)  # fmt: skip
_SURE_SHARE = 0.9


def propose_mapping(table: Table, fields: Sequence[FieldInfo]) -> Mapping_:
    """A target for each column of *table*: a field, a new field, whether a person may be mailed, or nothing."""
    guessed = guess_mapping(table.header, table.sample, fields)
    columns = tuple(
        replace(column, target=STATUS, confidence=1.0) if _is_status(column, table) else column
        for column in guessed.columns
    )
    return Mapping_(columns, check_mapping(columns))


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
    if isinstance(column.target, str):
        return False
    if refusal_in(column.header) is not None:
        # Also where the first rows have nothing in it: who unsubscribed may stand further down.
        return True
    if fold(column.header) not in _STATUS_HEADERS:
        return False
    words = [as_text(row[column.source_index]) for row in table.sample if row[column.source_index] is not None]
    known = sum(_is_known(word, column.header) for word in words)
    return bool(words) and known >= _SURE_SHARE * len(words)


def _is_known(word: str, header: str) -> bool:
    try:
        standing_of(word, header)
    except BadValue:
        return False
    return True
