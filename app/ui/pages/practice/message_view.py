"""One message of the practice inbox, as its reader would see it, as plain text, and to the last byte."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout

from app.sending.practice_inbox import PracticeEntry, PracticeLetter, open_practice
from app.ui.context import AppContext
from app.ui.pages.templates.text_pane import reading_pane
from app.ui.pages.templates.when import exact
from app.ui.preview_view import MailView, MailWidth
from app.ui.theme import Space
from app.ui.widgets import Card, EmptyState, Segmented, caption, heading, label

_MOST_SOURCE = 300_000
"""Characters of source that are shown; an attachment beyond them is of no interest to a reader."""


class MessageView(Card):
    """Shows the message it was told last; an older answer that comes late is dropped."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(flush=True)
        self.setObjectName("practiceMessage")
        self._context = context
        self._entry: PracticeEntry | None = None
        self._subject = heading()
        self._subject.setObjectName("practiceSubject")
        self._subject.setWordWrap(True)
        self._values = {name: label() for name in ("from", "to", "date")}
        for value in self._values.values():
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.mode = Segmented(
            self.tr("How to look at it"),
            [
                ("desktop", self.tr("Desktop")),
                ("phone", self.tr("Phone")),
                ("text", self.tr("Plain text")),
                ("source", self.tr("Source")),
            ],
        )
        self.mode.chosen.connect(self._on_mode)
        self.mail = MailView()
        self.text = reading_pane("practiceText", self.tr("Plain text of the message"))
        self.source = reading_pane("practiceSource", self.tr("Source of the message"), fixed=True)
        self._views = QStackedWidget()
        for view in (self.mail, self.text, self.source):
            self._views.addWidget(view)
        self._nothing = EmptyState(
            "mail-open", self.tr("No message is selected"), self.tr("Choose one on the left to read it.")
        )
        self._pages = QStackedWidget()
        self._letter = self._build()
        self._pages.addWidget(self._letter)
        self._pages.addWidget(self._nothing)
        self._pages.setCurrentWidget(self._nothing)
        self.body.setContentsMargins(1, 1, 1, 1)
        self.body.addWidget(self._pages)

    def show_entry(self, entry: PracticeEntry | None) -> None:
        """Open a message, or none."""
        if entry == self._entry:
            return
        self._entry = entry
        if entry is None:
            self._pages.setCurrentWidget(self._nothing)
        else:
            self._context.operations.run(self._open(entry))

    async def _open(self, entry: PracticeEntry) -> None:
        opened = await self._context.operations.read(partial(open_practice, self._context.workspace, entry.id))
        if entry == self._entry:
            self._show(opened)

    def _show(self, letter: PracticeLetter) -> None:
        entry = letter.entry
        self._subject.setText(entry.subject or self.tr("No subject"))
        self._values["from"].setText(entry.sender)
        self._values["to"].setText(entry.recipient)
        self._values["date"].setText(exact(entry.received_at))
        self.mail.show_html(letter.html or _as_html(self.tr("This message has no HTML part; look at its plain text.")))
        self.text.edit.setPlainText(letter.text)
        self.source.edit.setPlainText(self._source(letter.source))
        self._pages.setCurrentWidget(self._letter)

    def _source(self, content: bytes) -> str:
        source = content.decode("utf-8", "replace").replace("\r\n", "\n")
        if len(source) <= _MOST_SOURCE:
            return source
        return source[:_MOST_SOURCE] + "\n\n" + self.tr("… the rest is too long to be shown here.")

    def _build(self) -> QFrame:
        letter = QFrame()
        names = {"from": self.tr("From"), "to": self.tr("To"), "date": self.tr("Arrived")}
        lines = QGridLayout()
        lines.setHorizontalSpacing(Space.M)
        lines.setVerticalSpacing(2)
        lines.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self._values.items()):
            lines.addWidget(caption(names[name], wrap=False), row, 0)
            lines.addWidget(value, row, 1)
        tools = QHBoxLayout()
        tools.addWidget(self.mode)
        tools.addStretch(1)
        head = QVBoxLayout()
        head.setContentsMargins(Space.L, Space.L, Space.L, Space.M)
        head.setSpacing(Space.S)
        head.addWidget(self._subject)
        head.addLayout(lines)
        head.addSpacing(Space.XS)
        head.addLayout(tools)
        line = QFrame()
        line.setProperty("role", "line")
        column = QVBoxLayout(letter)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(line)
        column.addWidget(self._views, 1)
        return letter

    @Slot(str)
    def _on_mode(self, mode: str) -> None:
        if mode in ("desktop", "phone"):
            self.mail.set_width(MailWidth(mode))
        self._views.setCurrentWidget({"text": self.text, "source": self.source}.get(mode, self.mail))


def _as_html(text: str) -> str:
    return f'<p style="font: 14px sans-serif; text-align: center; padding: 48px">{text}</p>'
