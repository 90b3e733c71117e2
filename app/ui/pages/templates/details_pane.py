"""Subject and preview text of a template, and what was found in it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLineEdit, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from app.content.check import Finding
from app.models.fields import FieldInfo
from app.ui.pages.templates.findings import Findings
from app.ui.pages.templates.merge_menu import fill_merge_menu
from app.ui.theme import Space, icon
from app.ui.widgets import Card, Form


class DetailsPane(QScrollArea):
    """
    Signals:
        edited: The user changed subject or preview text.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__(widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.subject = QLineEdit()
        self.preheader = QLineEdit()
        self.findings = Findings()
        self._fields: tuple[FieldInfo, ...] = ()
        card = Card(self.tr("In the mailbox"))
        form = Form()
        form.add(self.tr("Subject"), self.subject, name="templateSubject")
        form.add(
            self.tr("Preview text"),
            self.preheader,
            name="templatePreheader",
            help_text=self.tr("Mailboxes show it in grey after the subject. Say why it is worth opening."),
        )
        self._offer_merge_fields(self.subject, self.tr("Insert a merge field into the subject"))
        self._offer_merge_fields(self.preheader, self.tr("Insert a merge field into the preview text"))
        card.body.addLayout(form)
        content = QWidget()
        content.setProperty("role", "scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)
        column.addWidget(card)
        column.addWidget(self.findings)
        column.addStretch(1)
        self.setWidget(content)
        self.subject.textEdited.connect(self.edited)
        self.preheader.textEdited.connect(self.edited)

    def set_texts(self, subject: str, preheader: str) -> None:
        """Show the texts, without telling anyone."""
        for line, text in ((self.subject, subject), (self.preheader, preheader)):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)

    def set_fields(self, fields: tuple[FieldInfo, ...]) -> None:
        """Which merge fields to offer."""
        self._fields = fields

    def set_findings(self, findings: tuple[Finding, ...]) -> None:
        self.findings.set_findings(findings)

    def _offer_merge_fields(self, line: QLineEdit, words: str) -> None:
        action = QAction(icon("circle-plus", "muted", active="text"), words, line)
        action.setToolTip(words)
        line.addAction(action, QLineEdit.ActionPosition.TrailingPosition)
        for button in line.findChildren(QToolButton):
            button.setAccessibleName(words)
        menu = QMenu(line)
        action.triggered.connect(lambda: self._open_menu(menu, line))

    @Slot()
    def _open_menu(self, menu: QMenu, line: QLineEdit) -> None:
        fill_merge_menu(menu, self._fields, self._inserter(line))
        menu.popup(line.mapToGlobal(QPoint(line.width() - menu.sizeHint().width(), line.height() + 2)))

    def _inserter(self, line: QLineEdit) -> Callable[[str], None]:
        def insert(tag: str) -> None:
            line.insert(tag)
            line.setFocus()
            self.edited.emit()

        return insert
