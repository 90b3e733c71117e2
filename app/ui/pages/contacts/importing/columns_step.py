"""Step 2: what becomes of each column, and how the first rows will look."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.audience.mapping import IGNORE, SHARED, Target
from app.audience.statuses import Standing
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.importing.column_row import ColumnRow
from app.ui.pages.contacts.importing.draft import Draft
from app.ui.pages.contacts.importing.preview import Preview, preview_of, sample_text
from app.ui.pages.contacts.importing.preview_table import PreviewTable
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, caption, strong

_MOST_NAMED = 3


class ColumnsStep(QWidget):
    """
    Signals:
        changed: The `Draft` with another target for a column.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft: Draft | None = None
        self._rows: dict[int, ColumnRow] = {}
        self._origin = Banner()
        self._origin.setObjectName("exportOrigin")
        self._banner = Banner()
        self._banner.setObjectName("columnsProblem")
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setProperty("role", "scrolled")
        inside.setLayout(self._list)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        card = QFrame()
        card.setProperty("role", "card")
        frame = QVBoxLayout(card)
        frame.setContentsMargins(1, 1, 1, 1)
        frame.addWidget(scroll)
        self._table = PreviewTable(self.tr("The first rows as they will be stored"), "previewTable")
        self._explanation = caption(wrap=False)
        head = QHBoxLayout()
        head.addWidget(strong(self.tr("This is what will be stored")))
        head.addStretch(1)
        head.addWidget(self._explanation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._origin)
        column.addWidget(self._banner)
        column.addWidget(card, 5)
        column.addSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self._table, 4)

    def show_draft(self, draft: Draft) -> None:
        """Show another file, or the same one read in another way."""
        for row in self._rows.values():
            self._list.removeWidget(row)
            row.deleteLater()
        while self._list.count():
            self._list.takeAt(0)
        self._rows = {}
        for plan in draft.columns:
            row = ColumnRow(plan, sample_text(draft, plan), draft.fields)
            row.targeted.connect(self._on_targeted)
            self._rows[plan.source_index] = row
            self._list.addWidget(row)
        self._list.addStretch(1)
        self._show_origin(draft)
        self._take(draft)

    def _on_targeted(self, source_index: int, target: Target) -> None:
        if self._draft is not None:
            self._take(self._draft.with_target(source_index, target))
            self.changed.emit(self._draft)

    def _take(self, draft: Draft) -> None:
        self._draft = draft
        preview = preview_of(draft)
        self._table.show_preview(preview)
        self._show_problems(draft, preview)
        left_out = sum(plan.target is IGNORE for plan in draft.columns)
        self._explanation.setText(self.tr("Left out: {0}").format(wording.columns(left_out)) if left_out else "")
        targets = [plan.target for plan in draft.columns]
        for plan in draft.columns:
            is_double = plan.target is not IGNORE and plan.target not in SHARED and targets.count(plan.target) > 1
            self._rows[plan.source_index].set_problem(is_double)

    def _show_origin(self, draft: Draft) -> None:
        self._origin.setVisible(draft.preset is not None)
        if draft.preset is None:
            return
        title = self.tr("This looks like an export from {0}").format(draft.preset.name)
        match draft.standing:
            case Standing.UNSUBSCRIBED:
                what = self.tr("Its name says that everybody in it unsubscribed, so none of them will be mailed.")
            case Standing.HARD_BOUNCE:
                what = self.tr("Its name says that mail to everybody in it bounced, so none of them will be mailed.")
            case Standing.NO_PERMISSION:
                what = self.tr("Its name says that nobody in it subscribed, so they get no permission.")
            case _:
                what = self.tr("Its columns are known. Who unsubscribed or bounced there is not mailed from here.")
        self._origin.set_message(title, what, Kind.INFO)

    def _show_problems(self, draft: Draft, preview: Preview) -> None:
        """The most serious one: no import like this; people left out; people perhaps misspelt."""
        problems = draft.problems
        if problems:
            self._banner.set_message(_labelled(problems[0].title, draft), problems[0].hint, Kind.BAD)
        elif preview.refused:
            few = "; ".join(f"“{text}”: {reason}" if text else reason for text, reason in preview.refused[:_MOST_NAMED])
            words = (
                self.tr("{0} of the first {1} rows has no usable address and will be left out")
                if len(preview.refused) == 1
                else self.tr("{0} of the first {1} rows have no usable address and will be left out")
            )
            counts = wording.number(len(preview.refused)), wording.number(preview.looked_at)
            self._banner.set_message(words.format(*counts), few, Kind.WARNING)
        elif preview.doubtful:
            few = "; ".join(
                self.tr("{0} – perhaps {1}?").format(address, meant)
                for address, meant in preview.doubtful[:_MOST_NAMED]
            )
            self._banner.set_message(self.tr("Some addresses look misspelt"), few, Kind.INFO)
        self._banner.setVisible(bool(problems or preview.refused or preview.doubtful))


def _labelled(sentence: str, draft: Draft) -> str:
    """*sentence* with the names of fields as people know them, instead of their keys."""
    for field in draft.fields:
        sentence = sentence.replace(f"“{field.key}”", f"“{field.label}”")
    return sentence
