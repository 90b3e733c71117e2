"""The import that a file suggests by itself, before anybody has touched the mapping."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.audience.archive_source import PART_HEADING
from app.audience.export import EXPORTED_HEADINGS, EXPORTED_TAGS
from app.audience.fields import list_fields
from app.audience.import_plan import DuplicateRule, ImportPlan
from app.audience.mapping import IGNORE, TAGS, ColumnPlan, Mapping_, NewField, check_mapping, guess_mapping
from app.audience.presets import ExportPreset, recognise
from app.audience.statuses import STATUS, Standing, refusal_in, standing_of
from app.audience.synonyms import fold
from app.audience.tabular import TOGETHER, Table, TableKind, open_table
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
_TAG_HEADERS = frozenset(map(fold, (*EXPORTED_TAGS, "tag", "labels", "schlagworte", "étiquettes", "etiquetas")))
_SURE_SHARE = 0.9
# As `vcard_source` heads them; loading that one takes long.
LABELS = "Labels"


@dataclass(frozen=True)
class Proposal:
    """What a file suggests.

    Attributes:
        preset: The program it was exported from, if its headings tell.
        standing: What the file as a whole says of everybody in it.
    """

    mapping: Mapping_
    preset: ExportPreset | None = None
    standing: Standing = Standing.MAY_BE_MAILED


def propose(table: Table, fields: Sequence[FieldInfo]) -> Proposal:
    """Look at the headings of *table* and its first rows."""
    mapping = propose_mapping(table, fields)
    preset = recognise(table.header)
    if preset is None:
        return Proposal(mapping)
    is_whole = table.kind is not TableKind.ARCHIVE or table.sheet == TOGETHER
    return Proposal(
        preset.apply(mapping, fields), preset, preset.standing(table.path.name if is_whole else table.sheet or "")
    )


def propose_mapping(table: Table, fields: Sequence[FieldInfo]) -> Mapping_:
    """A target for each column of *table*: a field, a new field, whether a person may be mailed, or nothing."""
    guessed = guess_mapping(table.header, table.sample, fields)
    columns = tuple(_made_by_us(column, table) or _with_status(column, table) for column in guessed.columns)
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
    proposal = propose(table, list_fields(workspace))
    for problem in proposal.mapping.problems:
        raise problem
    return ImportPlan(
        path,
        proposal.mapping.columns,
        sheet=sheet,
        new_list_name=new_list_name,
        tags=tags,
        basis=basis,
        source=source,
        on_duplicate=on_duplicate,
        standing=proposal.standing,
    )


def _made_by_us(column: ColumnPlan, table: Table) -> ColumnPlan | None:
    """The plan for a column whose heading was written by the reader of such files, not by whoever made this one."""
    if table.kind is TableKind.VCARD and column.header == LABELS:
        return replace(column, target=TAGS, confidence=1.0)
    if table.kind is TableKind.ARCHIVE and column.header == PART_HEADING:
        words = {as_text(row[column.source_index]) for row in table.sample}
        is_status = bool(words) and all(_is_known(word, "") for word in words)
        return replace(column, target=STATUS if is_status else IGNORE, confidence=1.0)
    return None


def _with_status(column: ColumnPlan, table: Table) -> ColumnPlan:
    if isinstance(column.target, NewField) and fold(column.header) in _TAG_HEADERS:
        return replace(column, target=TAGS, confidence=0.9)
    return replace(column, target=STATUS, confidence=1.0) if _is_status(column, table) else column


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
