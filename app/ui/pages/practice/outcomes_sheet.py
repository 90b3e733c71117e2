"""Which addresses misbehave on purpose, so that one can see what happens then."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel, Sheet, label, muted


class OutcomesSheet(Sheet):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            parent,
            self.tr("Try what can happen to a message"),
            self.tr(
                "Give some practice contacts an address that begins with one of these words, and send them a "
                "campaign through the practice account. What comes after the word does not matter."
            ),
        )
        self.setObjectName("outcomes")
        rows = QGridLayout()
        rows.setHorizontalSpacing(Space.L)
        rows.setVerticalSpacing(Space.L)
        rows.setColumnStretch(1, 1)
        for number, (address, icon, kind, title, text) in enumerate(_outcomes()):
            rows.addWidget(_address(address), number, 0, Qt.AlignmentFlag.AlignTop)
            rows.addLayout(_words(icon, kind, title, text), number, 1)
        self.body.addLayout(rows)
        self.add_buttons(self.tr("Got it"), cancel="")
        self.setMinimumWidth(560)


def _outcomes() -> tuple[tuple[str, str, Kind, str, str], ...]:
    """What `app.sending.practice` does, address by address."""
    return (
        (
            "bounce…@",
            "circle-x",
            Kind.BAD,
            _tr("Refused for good"),
            _tr("There is no such mailbox. The campaign’s report shows it, and the contact is not mailed again."),
        ),
        (
            "full…@",
            "clock",
            Kind.WARNING,
            _tr("Asked to wait"),
            _tr("The mailbox is full. The message is tried again by itself some time later, and accepted then."),
        ),
        (
            "slow…@",
            "timer",
            Kind.INFO,
            _tr("Accepted slowly"),
            _tr("The server takes two seconds. The other messages do not wait for it."),
        ),
        (
            _tr("all others"),
            "circle-check",
            Kind.GOOD,
            _tr("Accepted"),
            _tr("The message appears here at once."),
        ),
    )


def _address(text: str) -> QLabel:
    shown = label(text, "key")
    shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return shown


def _words(icon: str, kind: Kind, title: str, text: str) -> QVBoxLayout:
    head = QHBoxLayout()
    head.setSpacing(Space.S)
    head.addWidget(IconLabel(icon, kind=kind))
    head.addWidget(label(title, "strong"), 1)
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addLayout(head)
    column.addWidget(muted(text))
    return column


def _tr(text: str) -> str:
    return QCoreApplication.translate("Outcomes", text)
