"""Builders for the tests of contacts and imports."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.audience import contacts, fields
from app.audience.import_plan import ImportPlan
from app.audience.mapping import ColumnPlan, guess_mapping
from app.audience.tabular import open_table
from app.models.states import LawfulBasis
from app.models.workspace import Workspace

IN_A_FORM = contacts.Permission(LawfulBasis.CONSENT, "Form on the website", "Yes, send me news.")


def a_contact(workspace: Workspace, email: str, *, may_be_mailed: bool = True, **texts: str) -> int:
    return contacts.create(workspace, {"email": email, **texts}, permission=IN_A_FORM if may_be_mailed else None)


def a_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def a_plan(workspace: Workspace, path: Path, targets: dict[str, object] | None = None, **choices: object) -> ImportPlan:
    """The plan a user would get who accepts every proposal but *targets*, by header."""
    table = open_table(path)
    guessed = guess_mapping(table.header, table.sample, fields.list_fields(workspace)).columns
    columns = tuple(
        ColumnPlan(column.source_index, column.header, targets[column.header], 1.0)  # type: ignore[arg-type]
        if targets and column.header in targets
        else column
        for column in guessed
    )
    settings = {"basis": LawfulBasis.CONSENT, "source": "Sign-up sheet", **choices}
    return ImportPlan(path, columns, **settings)  # type: ignore[arg-type]


def emails(workspace: Workspace, query: contacts.ContactQuery | None = None) -> list[str]:
    found = contacts.ids(workspace, query or contacts.ContactQuery())
    return [str(row.values[0]) for row in contacts.page(workspace, found, fields.list_fields(workspace)[:1])]


def everything(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that holds something about people."""
    tables = (
        "contact", "field", "contact_list", "membership", "tag", "contact_tag", "consent", "suppression", "event",
        "delivery",
    )  # fmt: skip
    with workspace.read() as session:
        connection = session.connection()
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in tables
        }
