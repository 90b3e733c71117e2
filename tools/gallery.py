"""A page with every widget of `app.ui.widgets`, for looking at them side by side. Not part of the application."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QSlider,
    QSpinBox,
    QTabBar,
    QWidget,
)

from app.ui.operations import Operations
from app.ui.page import Page
from app.ui.theme import Kind, Space
from app.ui.widgets import (
    Banner,
    Card,
    Cell,
    Column,
    DataTable,
    EmptyState,
    FigureCard,
    Form,
    ListModel,
    Pill,
    PillLook,
    ProgressCell,
    SearchField,
    Segmented,
    Spinner,
    StepBar,
    TwoLines,
    danger_button,
    icon_button,
    link_button,
    muted,
    primary_button,
    quiet_button,
    secondary_button,
)


@dataclass(frozen=True)
class Sample:
    name: str
    audience: str
    state: Cell
    when: str
    opened: str
    clicked: str


SAMPLES = [
    Sample(
        "Spring offers",
        "Customers in Köln · 5,000",
        ProgressCell(0.62, "62 %", PillLook("Sending", Kind.INFO, "send")),
        "ends 14:20",
        "–",
        "–",
    ),
    Sample(
        "Opening hours Easter",
        "All subscribers · 12,480",
        PillLook("Scheduled", Kind.NEUTRAL, "calendar-clock"),
        "Thu 09:00",
        "–",
        "–",
    ),
    Sample("March newsletter", "Newsletter · 11,902", PillLook("Sent", Kind.GOOD), "3 Mar", "48.2 %", "6.1 %"),
    Sample(
        "Win-back: a year without us",
        "Not bought since 2025 · 812",
        PillLook("9 bounced", Kind.WARNING),
        "27 Feb",
        "31.0 %",
        "2.4 %",
    ),
    Sample(
        "Thank you for your visit",
        "Automation · every day",
        PillLook("Stopped", Kind.BAD),
        "daily 18:00",
        "61.5 %",
        "12.8 %",
    ),
]


def sample_model() -> ListModel[Sample]:
    return ListModel(
        [
            Column("Campaign", lambda row: TwoLines(row.name, row.audience)),
            Column("State", lambda row: row.state),
            Column("When", lambda row: row.when),
            Column("Opened", lambda row: row.opened, number=True),
            Column("Clicked", lambda row: row.clicked, number=True),
        ]
    )


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    city: str
    orders: int
    state: Cell


_STATES = [
    PillLook("Subscribed", Kind.GOOD),
    PillLook("Unsubscribed", Kind.NEUTRAL, "ban"),
    PillLook("Bounced", Kind.BAD, "mail-x"),
]
PEOPLE = [
    Person(f"lukas.nguyen{number}@example.com", "Lukas Nguyen", "Leipzig", number * 137 % 2000, _STATES[number % 3])
    for number in range(40)
]


class WidgetsPage(Page):
    scrolls = True

    def __init__(self, operations: Operations) -> None:
        super().__init__(operations, "Widgets")
        self.header.set_subtitle("One campaign is going out, one is planned for Thursday. Two things need you.")
        self.header.add_action(icon_button("bell", "Messages"))
        self.header.add_action(secondary_button("Import …", "upload"))
        self.header.add_action(primary_button("New campaign", "plus"))
        self.content.addLayout(
            row(
                FigureCard("Subscribed contacts", "12,480", "+318 in 30 days"),
                FigureCard("Delivered", "99.2 %", "+0.3 points since February"),
                FigureCard("Opened by people", "41.6 %", "machine opens left out"),
                FigureCard("Unsubscribed", "0.31 %", "still under 0.5 %"),
            )
        )
        for kind, title, text in (
            (Kind.INFO, "", "Your provider allows 500 mails a day. This campaign will take two days."),
            (Kind.WARNING, "DMARC is not set for blumen-berger.example", "Gmail and Yahoo may refuse your mail."),
            (Kind.BAD, "The server refused your password", "Check it under Accounts; nothing was sent."),
        ):
            self.content.addWidget(Banner(title, text, kind, link_button("Show me how")))
        self.content.addLayout(row(self._buttons(), self._choices()))
        self.content.addLayout(row(self._form(), self._states()))
        self.content.addWidget(self._campaigns())
        self.content.addStretch(1)

    def _buttons(self) -> Card:
        card = Card("Buttons", "one primary a page")
        disabled = primary_button("Disabled")
        disabled.setEnabled(False)
        off = secondary_button("Disabled", "download")
        off.setEnabled(False)
        ringed = secondary_button("Focused")
        ringed.setProperty("focusVisible", True)
        card.body.addLayout(flow(primary_button("Primary"), secondary_button("Secondary"), quiet_button("Quiet")))
        card.body.addLayout(flow(danger_button("Delete 12 contacts", "trash-2"), disabled, off))
        card.body.addLayout(
            flow(link_button("A link"), ringed, icon_button("settings", "Settings"), icon_button("ellipsis", "More"))
        )
        card.body.addStretch(1)
        return card

    def _choices(self) -> Card:
        card = Card("Choices")
        card.body.addLayout(flow(Segmented("Range", [("7", "7 days"), ("30", "30 days"), ("365", "Year")])))
        card.body.addWidget(StepBar(["Content", "Recipients", "Check"]))
        tabs = QTabBar(drawBase=False, expanding=False)
        for name in ("All", "Drafts", "Sent"):
            tabs.addTab(name)
        card.body.addWidget(tabs)
        checked, mixed = QCheckBox("Opens"), QCheckBox("Some")
        checked.setChecked(True)
        mixed.setTristate(True)
        mixed.setCheckState(Qt.CheckState.PartiallyChecked)
        radio = QRadioButton("Now")
        radio.setChecked(True)
        card.body.addLayout(flow(checked, mixed, QCheckBox("Clicks"), radio))
        card.body.addStretch(1)
        return card

    def _form(self) -> Card:
        card = Card("Form")
        form = Form()
        server = QLineEdit("smtp.example.com")
        form.add("Server", server, name="server", help_text="Your provider's help page calls it “outgoing server”.")
        port = QSpinBox(maximum=65535, value=587)
        broken = form.add("Port", port, name="port")
        broken.set_error("Nothing answers on this port. Most providers use 587.")
        security = QComboBox()
        security.addItems(["STARTTLS", "TLS", "None"])
        form.add("Security", security, name="security")
        form.add("When", QDateTimeEdit(), name="when", optional=True)
        note = QPlainTextEdit(placeholderText="Only your team sees this")
        note.setFixedHeight(72)
        form.add("Note", note, name="note", optional=True)
        card.body.addLayout(form)
        return card

    def _states(self) -> Card:
        card = Card("States")
        pills = [Pill(kind.value.capitalize(), kind) for kind in Kind]
        card.body.addLayout(flow(*pills[:3]))
        card.body.addLayout(flow(*pills[3:]))
        card.body.addWidget(SearchField("Search name, address, city"))
        bar = QProgressBar(textVisible=False, value=62)
        bar.setAccessibleName("Sent")
        card.body.addWidget(bar)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setValue(40)
        slider.setAccessibleName("Speed")
        card.body.addWidget(slider)
        card.body.addLayout(flow(Spinner(), muted("3,102 of 5,000")))
        begin = primary_button("Open a spreadsheet …")
        card.body.addWidget(EmptyState("users", "No contacts yet", "Open a spreadsheet to begin.", begin))
        return card

    def _campaigns(self) -> Card:
        card = Card("Campaigns", flush=True)
        card.add_action(link_button("All campaigns"))
        table = DataTable("Campaigns", tall=True, flush=True)
        model = sample_model()
        table.setModel(model)
        model.set_rows(SAMPLES)
        table.paint_cells_in(0, 1)
        table.set_widths(280, 240, 130, 100, 100)
        table.stretch(0)
        table.show_all_rows()
        card.body.addWidget(table)
        return card


class TablePage(Page):
    def __init__(self, operations: Operations) -> None:
        super().__init__(operations, "Contacts")
        self.header.set_subtitle("18,204 people · 17,391 can be mailed · 813 cannot")
        self.header.add_action(secondary_button("Export …", "download"))
        self.header.add_action(primary_button("New contact", "user-plus"))
        search = SearchField("Search name, address, city")
        self.content.addLayout(row(search, secondary_button("Filter", "list-filter")))
        self.model: ListModel[Person] = ListModel(
            [
                Column("E-mail", lambda person: person.email),
                Column("Name", lambda person: person.name),
                Column("City", lambda person: person.city),
                Column("Orders", lambda person: f"{person.orders:,}", number=True, sort=lambda person: person.orders),
                Column("Can be mailed", lambda person: person.state),
            ]
        )
        self.table = DataTable("Contacts")
        self.table.setModel(self.model)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.table.paint_cells_in(4)
        self.table.set_widths(280, 180, 160, 110)
        self.content.addWidget(self.table)

    async def load(self) -> None:
        self.model.set_rows(PEOPLE)
        self.table.selectRow(3)


class EmptyPage(Page):
    def __init__(self, operations: Operations) -> None:
        super().__init__(operations, "Segments")
        self.header.set_subtitle("No segment yet")
        self.set_empty(
            EmptyState(
                "list-filter",
                "Write to the right people",
                "A segment is a rule such as “lives in Köln and bought this year”. It is always up to date.",
                secondary_button("See an example"),
                primary_button("New segment", "plus"),
            )
        )

    async def load(self) -> None:
        self.show_empty()


def row(*parts: QWidget) -> QHBoxLayout:
    """Side by side, all equally wide."""
    return _line(QHBoxLayout(), Space.L, parts, stretch=True)


def flow(*parts: QWidget) -> QHBoxLayout:
    """Side by side, as wide as they want to be."""
    line = _line(QHBoxLayout(), Space.S, parts, stretch=False)
    line.addStretch(1)
    return line


def _line(line: QHBoxLayout, gap: int, parts: tuple[QWidget, ...], *, stretch: bool) -> QHBoxLayout:
    line.setSpacing(gap)
    for part in parts:
        grows = stretch and not part.property("iconic")
        line.addWidget(part, 1 if grows else 0)
    return line
