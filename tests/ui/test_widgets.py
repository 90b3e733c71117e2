import asyncio

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui.feedback import ProgressSheet
from app.ui.progress import Job, Progress
from app.ui.theme import Kind
from app.ui.widgets import (
    CELL_ROLE,
    ROW_ROLE,
    BusyOverlay,
    Column,
    DataTable,
    EmptyState,
    Form,
    ListModel,
    PillLook,
    ProgressCell,
    SearchField,
    Segmented,
    Sheet,
    StepBar,
    Toast,
    ToastStack,
    TwoLines,
    ask,
    spoken,
)
from tests.ui.waiting import until

Named = tuple[str, int]


@pytest.fixture
def model() -> ListModel[Named]:
    made: ListModel[Named] = ListModel(
        [
            Column("Name", lambda row: row[0]),
            Column("Orders", lambda row: f"{row[1]:,}", sort=lambda row: row[1], number=True),
            Column("State", lambda row: PillLook("Subscribed", Kind.GOOD) if row[1] else "–"),
        ]
    )
    made.set_rows([("Ann", 1_200), ("Ben", 9), ("Cem", 0)])
    return made


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    QVBoxLayout(made)
    made.resize(800, 600)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def place(window: QWidget, widget: QWidget) -> None:
    layout = window.layout()
    assert layout is not None
    layout.addWidget(widget)
    widget.show()
    layout.activate()


async def sheet_of(window: QWidget) -> Sheet:
    await until(lambda: any(sheet.isVisible() for sheet in window.findChildren(Sheet)))
    return next(sheet for sheet in window.findChildren(Sheet) if sheet.isVisible())


# ListModel and DataTable


def test_the_list_model_keeps_qts_rules(model: ListModel[Named], qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)


def test_numbers_sort_by_value_and_stand_right_like_their_header(model: ListModel[Named]) -> None:
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert [row[0] for row in model.rows] == ["Ann", "Ben", "Cem"]
    align = Qt.ItemDataRole.TextAlignmentRole
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    assert model.data(model.index(0, 1), align) == right
    assert model.headerData(1, Qt.Orientation.Horizontal, align) == right


def test_sorting_keeps_the_selected_row(model: ListModel[Named]) -> None:
    kept = QPersistentModelIndex(model.index(1, 0))
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert kept.data() == "Ben"
    assert model.index(kept.row(), 0).data(ROW_ROLE) == ("Ben", 9)


def test_new_rows_keep_the_order_the_user_chose(model: ListModel[Named]) -> None:
    model.sort(0, Qt.SortOrder.DescendingOrder)
    model.set_rows([("Ann", 1), ("Zoe", 2)])
    assert [row[0] for row in model.rows] == ["Zoe", "Ann"]


def test_painted_cells_can_be_read_aloud(model: ListModel[Named]) -> None:
    cell = model.index(0, 2)
    assert isinstance(cell.data(CELL_ROLE), PillLook)
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == "Subscribed"
    assert spoken(TwoLines("Spring offers", "Customers in Köln")) == "Spring offers, Customers in Köln"
    assert spoken(ProgressCell(0.62, "62 %", PillLook("Sending"))) == "Sending, 62 %"


@pytest.mark.parametrize("direction", list(Qt.LayoutDirection)[:2])
def test_tables_paint_every_kind_of_cell_in_both_directions(
    window: QWidget, direction: Qt.LayoutDirection, model: ListModel[Named]
) -> None:
    window.setLayoutDirection(direction)
    cells: ListModel[int] = ListModel(
        [
            Column("Pill", lambda _row: PillLook("9 bounced", Kind.WARNING)),
            Column("Progress", lambda row: ProgressCell(row / 3, "33 %", PillLook("Sending"))),
            Column("Lines", lambda _row: TwoLines("Spring offers", "Köln")),
        ]
    )
    table = DataTable("Samples", tall=True)
    place(window, table)
    table.setModel(cells)
    cells.set_rows([0, 1, 2, 3])
    table.paint_cells_in(0, 1, 2)
    for width in (400, 60, 20):
        table.set_widths(width, width, width)
        assert not table.grab().isNull()
    table.setModel(model)
    table.resizeColumnsToContents()
    assert table.columnWidth(2) > 100


def test_a_table_without_rows_says_so(window: QWidget, model: ListModel[Named]) -> None:
    table = DataTable("People")
    place(window, table)
    state = EmptyState("users", "Nobody fits", "Try another word.")
    table.set_empty(state)
    assert not state.isVisible()
    table.setModel(model)
    assert not state.isVisible()
    model.set_rows([])
    assert state.isVisible()
    model.set_rows([("Ann", 1)])
    assert not state.isVisible()


def test_a_table_shows_that_it_loads(window: QWidget) -> None:
    table = DataTable("People")
    place(window, table)
    table.setModel(QStandardItemModel(3, 2, table))
    veil = table.findChild(BusyOverlay)
    assert veil is not None
    table.set_loading(True, "Loading 18,204 people")
    assert veil.isVisible()
    assert veil.geometry() == table.rect()
    table.set_loading(False)
    assert not veil.isVisible()


# Inputs


def test_a_form_field_shows_its_error_in_place_and_to_screen_readers(window: QWidget) -> None:
    form = Form()
    holder = QWidget()
    holder.setLayout(form)
    place(window, holder)
    port = QSpinBox()
    field = form.add("Port", port, name="port", help_text="Usually 587")
    assert (port.accessibleName(), port.accessibleDescription()) == ("Port", "Usually 587")
    field.set_error("Nothing answers on this port.")
    assert port.accessibleDescription() == "Nothing answers on this port."
    assert port.property("invalid") is True
    field.set_error("")
    assert port.accessibleDescription() == "Usually 587"
    assert port.property("invalid") is False


def test_search_waits_for_a_pause_and_tells_each_text_once(window: QWidget, qtbot: QtBot) -> None:
    field = SearchField("Search")
    place(window, field)
    heard: list[str] = []
    field.searched.connect(heard.append)
    QTest.keyClicks(field, "berlin ")
    assert heard == []
    qtbot.waitUntil(lambda: heard == ["berlin"])
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert heard == ["berlin"]
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert heard == ["berlin", ""]


def test_a_segment_is_chosen_with_the_arrow_keys(window: QWidget) -> None:
    choice = Segmented("Range", [("7", "7 days"), ("30", "30 days")])
    place(window, choice)
    heard: list[str] = []
    choice.chosen.connect(heard.append)
    first = choice.findChild(QPushButton, "segment-7")
    assert first is not None
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert choice.current == "30"
    choice.choose("7")
    assert heard == ["30"]


def test_the_step_bar_says_where_one_is() -> None:
    bar = StepBar(["Content", "Recipients", "Check"])
    bar.set_current(1)
    assert bar.accessibleName() == "Step 2 of 3: Recipients"


# Toasts


def test_toasts_go_by_themselves_but_failures_stay(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.ui.widgets.toast._SHORT_MS", 1)
    stack = ToastStack(window)
    stack.show_toast(Toast("Saved"))
    stack.show_toast(Toast("The disk is full.", Kind.BAD))
    QTest.qWait(50)
    assert stack.texts == ["The disk is full."]
    stack.clear()
    assert not stack.isVisible()


# Sheets


async def test_ask_is_true_only_for_the_deed(window: QWidget) -> None:
    for key, answer in ((Qt.Key.Key_Escape, False), (Qt.Key.Key_Return, True)):
        asked = asyncio.ensure_future(ask(window, title="Send now?", text="To 5,000 people.", confirm="Send"))
        sheet = await sheet_of(window)
        QTest.keyClick(sheet, key)
        assert await asked is answer
        await until(lambda: not window.findChildren(Sheet))


async def test_return_never_destroys(window: QWidget) -> None:
    question = ask(window, title="Delete 12 contacts?", text="Their history goes too.", confirm="Delete", danger=True)
    asked = asyncio.ensure_future(question)
    sheet = await sheet_of(window)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert await asked is False


async def test_a_sheet_closes_when_nobody_waits_for_its_answer_any_more(window: QWidget) -> None:
    asked = asyncio.ensure_future(ask(window, title="Send now?", text="", confirm="Send"))
    sheet = await sheet_of(window)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await until(lambda: sheet not in window.findChildren(Sheet))


async def test_short_work_opens_no_progress_sheet(window: QWidget) -> None:
    job = Job("Importing", window)
    ProgressSheet(window, job)
    job.finished.emit()
    await asyncio.sleep(0.5)
    assert window.findChildren(ProgressSheet) == []


async def test_escape_asks_long_work_to_stop_and_waits_for_it(window: QWidget) -> None:
    job = Job("Importing", window)
    sheet = ProgressSheet(window, job)
    await until(sheet.isVisible)
    job.report(Progress(1, 10, "1 of 10 rows"))
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert job.token.cancelled
    assert sheet.isVisible()
    job.finished.emit()
    await until(lambda: window.findChildren(ProgressSheet) == [])


def test_a_sheet_gives_the_focus_to_its_first_field(window: QWidget) -> None:
    sheet = Sheet(window, "New list")
    name = QLineEdit()
    sheet.body.addWidget(name)
    sheet.add_buttons("Create")
    name.setFocus()
    sheet.open()
    assert QApplication.focusWidget() is name or sheet.focusWidget() is name
    sheet.close()
