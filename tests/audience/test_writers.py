"""XLSX and CSV are written whole or not at all, and never hold a formula."""

import csv
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.audience.atomic_file import UnwritableFile
from app.audience.csv_writer import write_csv
from app.audience.formula_guard import disarm, is_formula_like, rearm
from app.audience.source import Cell
from app.audience.tabular import open_table
from app.audience.xlsx_writer import write_xlsx
from app.errors import Cancelled

HEADER = ("Address", "Value")
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\tx", "\r=1", '=HYPERLINK("http://example.com")', "＝1+1", "+49 221"]
Write = Callable[..., None]


@pytest.fixture(params=[write_xlsx, write_csv])
def write(request: pytest.FixtureRequest) -> Write:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def suffix(write: Write) -> str:
    return ".xlsx" if write is write_xlsx else ".csv"


def leftovers(folder: Path) -> list[str]:
    """What lies beside the finished files, in *folder* and where openpyxl keeps its own."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")] + [
        path.name for path in Path(tempfile.gettempdir()).glob("openpyxl.*")
    ]


def test_workbook_holds_what_was_given(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("Änne 🌻", 5),
        (None, -5.25),
        ("  x ", True),
        ("two\nlines", date(2020, 2, 29)),
        ("", datetime(2021, 3, 4, 5, 6, tzinfo=UTC)),
        ("#N/A", 10**20),
        ("bell\x07 and \ud800", float("nan")),
        ("a" * 40_000, None),
    ]
    path = tmp_path / "out.xlsx"
    write_xlsx(path, HEADER, rows)
    sheet = load_workbook(path).active
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows()] == [
        HEADER,
        ("Änne 🌻", 5),
        (None, -5.25),
        ("  x ", True),
        ("two\nlines", datetime(2020, 2, 29)),  # noqa: DTZ001
        (None, datetime(2021, 3, 4, 5, 6)),  # noqa: DTZ001
        ("#N/A", "100000000000000000000"),
        ("bell and ", "nan"),
        ("a" * 32_767, None),
    ]
    assert sheet["A7"].data_type == "s"
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", FORMULAS)
def test_workbook_holds_formulas_as_text(tmp_path: Path, text: str) -> None:
    write_xlsx(tmp_path / "out.xlsx", [text], [[text]])
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert {(cell.data_type, cell.quotePrefix) for cell in (sheet["A1"], sheet["A2"])} == {("s", True)}
    assert sheet["A2"].value.strip() == text.strip()


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_holds_formulas_behind_an_apostrophe(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "out.csv", [text], [[text]])
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file, delimiter=";")) == [["'" + text], ["'" + text]]


@pytest.mark.parametrize(
    ("delimiter", "line"), [(";", "-5;-5,5;-7,25;yes;2020-01-02;'-a"), (",", '-5,-5.5,"-7,25",yes,2020-01-02,\'-a')]
)
def test_negative_numbers_stay_numbers_in_csv(tmp_path: Path, delimiter: str, line: str) -> None:
    row: tuple[Cell, ...] = (-5, -5.5, "-7,25", True, date(2020, 1, 2), "-a")
    write_csv(tmp_path / "out.csv", "abcdef", [row], delimiter=delimiter)
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[1] == line


def test_csv_begins_with_the_mark_excel_needs(tmp_path: Path) -> None:
    write_csv(tmp_path / "out.csv", ["Größe"], [])
    assert (tmp_path / "out.csv").read_bytes() == b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe\r\n"


@given(st.text(max_size=12))
def test_disarming_can_be_undone_and_leaves_no_formula(text: str) -> None:
    assert not is_formula_like(disarm(text))
    if is_formula_like(text) or not text.startswith("'"):
        assert rearm(disarm(text)) == text


TEXTS = st.text("aÄ🌻=+-@'\";,\n1 .", min_size=1, max_size=8).map(str.strip).filter(
    lambda text: text and rearm(text) == text
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_what_is_written_can_be_imported_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    for write, name in ((write_xlsx, "again.xlsx"), (write_csv, "again.csv")):
        write(folder / name, HEADER, rows)
        table = open_table(folder / name, has_header=True)
        assert (table.header, [row.cells for row in table.rows()]) == (HEADER, rows)


def test_progress_is_told_now_and_then_and_at_the_end(tmp_path: Path, write: Write, suffix: str) -> None:
    told: list[int] = []
    write(tmp_path / f"out{suffix}", HEADER, (("x", n) for n in range(2_500)), progress=told.append)
    assert told == [0, 1_000, 2_000, 2_500]


def test_cancelling_leaves_the_old_file_and_nothing_else(tmp_path: Path, write: Write, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        write(path, HEADER, (("x", n) for n in range(5_000)), cancelled=lambda: next(answers))
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == []


def test_an_error_in_the_rows_leaves_the_old_file_and_nothing_else(tmp_path: Path, write: Write, suffix: str) -> None:
    def rows() -> Iterator[tuple[str, int]]:
        yield ("x", 1)
        raise ZeroDivisionError

    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write(path, HEADER, rows())
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == []


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may grow above 200 kB: what a full disk does, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("little_room")
def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, write: Write, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    with pytest.raises(UnwritableFile) as caught:
        write(path, HEADER, ((os.urandom(30).hex(), n) for n in range(30_000)))
    assert caught.value.title == f"The disk has no room for “out{suffix}”."
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == []


def test_missing_folder_is_said(tmp_path: Path, write: Write) -> None:
    with pytest.raises(UnwritableFile, match="The folder “gone” is not there"):
        write(tmp_path / "gone" / "out", HEADER, [])


def test_target_that_may_not_be_replaced_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, suffix: str
) -> None:
    path = tmp_path / f"out{suffix}"

    # Windows refuses this while Excel has the old file open.
    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(UnwritableFile) as caught:
        write(path, HEADER, [])
    assert caught.value.title == f"“out{suffix}” may not be written."
    assert leftovers(tmp_path) == []


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.audience.xlsx_writer.MAX_ROWS", 3)
    write_xlsx(tmp_path / "fits.xlsx", HEADER, [("x", 1)] * 3)
    with pytest.raises(UnwritableFile, match="holds no more than 3 contacts"):
        write_xlsx(tmp_path / "out.xlsx", HEADER, [("x", 1)] * 4)
    assert not (tmp_path / "out.xlsx").exists()
    assert leftovers(tmp_path) == []
