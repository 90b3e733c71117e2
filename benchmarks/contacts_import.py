"""Part "import" of `python -m benchmarks contacts`: a table brought into a workspace that has a million contacts,
against what a user would write with pandas, openpyxl, email-validator and to_sql; and a workbook written, against
XlsxWriter.

Ours is the import process's own work, `run_import`: read, checked, merged with those that are there, with permission,
list and undo recorded, and stored. Theirs reads, validates, drops who is there, and appends. Both are timed by
the CPU time of a process of their own, as others share the machine.
"""

# pandas and XlsxWriter have no type hints.
# mypy: disable-error-code="import-untyped"
import argparse
import csv
import gc
import multiprocessing
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from app.audience.import_plan import ImportPlan
from app.audience.importer import run_import
from app.audience.proposal import plan_import
from app.audience.xlsx_writer import write_xlsx
from app.models.keys import WorkspaceKey
from app.models.states import LawfulBasis
from app.models.workspace import SUFFIX, Workspace
from benchmarks.figures import Figure, median_ratio
from benchmarks.processes import load_average

ROUNDS = 3
_KIB = 1 << 10
_HEADER = (
    "E-mail", "First name", "Last name", "Company", "Phone", "Street", "Postal code", "City", "Country", "Number",
)  # fmt: skip
_COLUMNS = (
    "email", "first_name", "last_name", "company", "phone", "street", "postal_code", "city", "country", "number",
)  # fmt: skip
_KNOWN_SHARE = 0.2
_KEY = WorkspaceKey(bytes(32))


@dataclass(frozen=True)
class Cost:
    """What a piece of work took in its own process: seconds of CPU time, and megabytes at its peak beyond its start."""

    seconds: float
    megabytes: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("--there", type=int, default=1_000_000, help="contacts that are there already (1000000)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the table (100000)")
    parser.add_argument("--written", type=int, default=1_000_000, help="rows of the workbook that is written (1000000)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Import and export in turns, and compare."""
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder:
        place = Path(folder)
        console.print(f"building a workspace of {args.there:,} contacts")
        _build(place, args.there)
        _write_tables(place, args.there, args.rows)
        costs: dict[str, list[Cost]] = {}
        for number in range(1, args.rounds + 1):
            for name, work in (
                ("ours.xlsx", (_import_ours, place, "table.xlsx")),
                ("theirs.xlsx", (_import_theirs, place, "table.xlsx")),
                ("ours.csv", (_import_ours, place, "table.csv")),
                ("theirs.csv", (_import_theirs, place, "table.csv")),
                ("write.ours", (_write_ours, place, args.written)),
                ("write.theirs", (_write_theirs, place, args.written)),
            ):
                cost = _in_own_process(*work)
                costs.setdefault(name, []).append(cost)
                spent = f"{cost.seconds:6.1f} s  {cost.megabytes:6.0f} MB"
                console.print(f"round {number}: {name:12} {spent}  load {load_average():.1f}")
    return _figures(costs)


def _figures(costs: dict[str, list[Cost]]) -> list[Figure]:
    def faster(slow: str, fast: str) -> float:
        return median_ratio([cost.seconds for cost in costs[slow]], [cost.seconds for cost in costs[fast]])

    def smaller(small: str, large: str) -> float:
        return median_ratio([cost.megabytes for cost in costs[small]], [cost.megabytes for cost in costs[large]])

    against = "pandas + openpyxl + email-validator + to_sql, CPU time"
    return [
        Figure("import.xlsx", faster("theirs.xlsx", "ours.xlsx"), "×", against, goal=10),
        Figure("import.csv", faster("theirs.csv", "ours.csv"), "×", against, goal=10),
        Figure("import.memory", smaller("ours.csv", "theirs.csv"), "×", "their peak", goal=0.5, better="lower"),
        Figure("export.xlsx", faster("write.theirs", "write.ours"), "×", "XlsxWriter, CPU time", goal=3),
        Figure("export.memory", smaller("write.ours", "write.theirs"), "×", "its peak", goal=0.2, better="lower"),
    ]


def _people(first: int, count: int) -> Iterator[tuple[str, ...]]:
    chosen = random.Random(first)
    for number in range(first, first + count):
        yield (
            f"person{number}@example{number % 997}.org", f"First{chosen.randrange(5_000)}",
            f"Last{chosen.randrange(20_000)}", f"Company {chosen.randrange(9_000)} GmbH",
            f"+49 30 {chosen.randrange(10**6, 10**7)}", f"Main Street {chosen.randrange(200)}",
            f"{chosen.randrange(10_000, 99_999)}", f"City {chosen.randrange(2_000)}", "DE", str(number),
        )  # fmt: skip


def _build(place: Path, there: int) -> None:
    """The same people in a workspace of ours, and in an ordinary SQLite table with the same two indexes."""
    _write_csv(place / "there.csv", _people(0, there))
    workspace = Workspace.create(place / f"there{SUFFIX}", _KEY, organisation="Benchmark")
    try:
        run_import(workspace, _plan(workspace, place / "there.csv"))
    finally:
        workspace.close()
    theirs = sqlite3.connect(place / "there.sqlite")
    theirs.execute(f"CREATE TABLE contact (id INTEGER PRIMARY KEY, {', '.join(_COLUMNS)})")
    marks = ", ".join("?" * len(_COLUMNS))
    theirs.executemany(f"INSERT INTO contact ({', '.join(_COLUMNS)}) VALUES ({marks})", _people(0, there))
    theirs.execute("CREATE UNIQUE INDEX by_email ON contact (email)")
    theirs.commit()
    theirs.close()


def _write_tables(place: Path, there: int, rows: int) -> None:
    """A fifth of the rows are people who are there; one in a hundred has no good address."""
    known = int(rows * _KNOWN_SHARE)
    table = [*_people(there - known, known), *_people(there, rows - known)]
    table = [("nobody", *row[1:]) if at % 100 == 0 else row for at, row in enumerate(table)]
    random.Random(1).shuffle(table)
    _write_csv(place / "table.csv", table)
    write_xlsx(place / "table.xlsx", _HEADER, table)


def _write_csv(path: Path, rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(rows)


def _plan(workspace: Workspace, path: Path) -> ImportPlan:
    return plan_import(workspace, path, new_list_name="News", basis=LawfulBasis.CONSENT, source="Sign-up form")


def _import_ours(place: Path, name: str) -> Callable[[], object]:
    copy = place / f"copy{SUFFIX}"
    shutil.copyfile(place / f"there{SUFFIX}", copy)

    def work() -> object:
        workspace = Workspace.open(copy, _KEY)
        try:
            return run_import(workspace, _plan(workspace, place / name))
        finally:
            workspace.close()

    return work


def _import_theirs(place: Path, name: str) -> Callable[[], object]:
    copy = place / "copy.sqlite"
    shutil.copyfile(place / "there.sqlite", copy)

    def work() -> object:
        import pandas as pd
        from email_validator import EmailNotValidError, validate_email
        from sqlalchemy import create_engine

        def checked(text: object) -> str | None:
            try:
                return validate_email(str(text), check_deliverability=False).normalized.lower()
            except EmailNotValidError:
                return None

        read: Any = pd.read_excel if name.endswith(".xlsx") else pd.read_csv
        frame = read(place / name, dtype=str)
        frame.columns = list(_COLUMNS)
        frame["email"] = frame["email"].map(checked)
        frame = frame.dropna(subset=["email"]).drop_duplicates("email", keep="last")
        engine = create_engine(f"sqlite:///{copy}")
        there = pd.read_sql("SELECT email FROM contact", engine)["email"]
        is_known = frame["email"].isin(there)
        with engine.begin() as connection:
            frame[~is_known].to_sql("contact", connection, if_exists="append", index=False)
            frame[is_known].to_sql("incoming", connection, if_exists="replace", index=False)
            sets = ", ".join(f"{column} = incoming.{column}" for column in _COLUMNS[1:])
            connection.exec_driver_sql(f"UPDATE contact SET {sets} FROM incoming WHERE contact.email = incoming.email")
        return len(frame)

    return work


def _write_ours(place: Path, rows: int) -> Callable[[], object]:
    return lambda: write_xlsx(place / "ours.xlsx", _HEADER, _people(0, rows))


def _write_theirs(place: Path, rows: int) -> Callable[[], object]:
    def work() -> object:
        import xlsxwriter

        workbook = xlsxwriter.Workbook(str(place / "theirs.xlsx"))
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, _HEADER)
        for at, row in enumerate(_people(0, rows), start=1):
            sheet.write_row(at, 0, row)
        workbook.close()
        return rows

    return work


def _in_own_process(make: Callable[[Path, Any], Callable[[], object]], place: Path, what: object) -> Cost:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(theirs, make, place, what))
    process.start()
    cost: Cost = ours.recv()
    process.join()
    return cost


def _measure(pipe: Any, make: Callable[[Path, Any], Callable[[], object]], place: Path, what: object) -> None:
    work = make(place, what)
    # As the import process does; theirs is quicker so, too.
    gc.disable()
    # A process begins with the peak of the one it was made from (proc(5), clear_refs).
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_kib()
    begun = time.process_time()
    work()
    seconds = time.process_time() - begun
    pipe.send(Cost(seconds, max(1.0, (_peak_kib() - before) / _KIB)))


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
