"""The MJML of a template in an editor, and below it what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout

from app.content.errors import TemplateError
from app.models.fields import FieldInfo
from app.ui.pages.templates.code_editor import CodeEditor
from app.ui.pages.templates.merge_menu import fill_merge_menu
from app.ui.pages.templates.text_pane import TextPane
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Card, icon_button, link_button, quiet_button


class SourcePane(Card):
    """
    Signals:
        edited: The text is another.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__(flush=True)
        self.setObjectName("sourcePane")
        self.editor = CodeEditor("source", self.tr("Source of the template (MJML)"))
        self._fields: tuple[FieldInfo, ...] = ()
        self._menu = QMenu(self)
        self._insert = quiet_button(
            self.tr("Insert merge field"), "circle-plus", on_click=self._open_menu, name="insertField"
        )
        undo = icon_button("undo-2", self.tr("Undo"), on_click=self.editor.undo, name="undo")
        self.editor.undoAvailable.connect(undo.setEnabled)
        undo.setEnabled(False)
        tools = QHBoxLayout()
        tools.setContentsMargins(Space.S, Space.XS, Space.S, Space.XS)
        tools.addWidget(self._insert)
        tools.addStretch(1)
        tools.addWidget(undo)
        line = QFrame()
        line.setProperty("role", "line")
        self._go = link_button(self.tr("Show the line"), on_click=self._go_to_fault, name="showFault")
        self._fault = Banner("", "", Kind.BAD, self._go)
        self._fault.setObjectName("sourceFault")
        self._fault.hide()
        foot = QVBoxLayout()
        foot.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        foot.addWidget(self._fault)
        self._foot = QFrame()
        self._foot.setLayout(foot)
        self._foot.hide()
        self.body.setSpacing(0)
        self.body.setContentsMargins(1, 0, 1, 1)
        self.body.addLayout(tools)
        self.body.addWidget(line)
        self.body.addWidget(TextPane(self.editor), 1)
        self.body.addWidget(self._foot)
        self.editor.textChanged.connect(self._on_text)
        self._is_quiet = False

    def begin(self, text: str) -> None:
        """Another template: its text, without a way back to the one before."""
        self._is_quiet = True
        self.editor.setPlainText(text)
        self._is_quiet = False
        self.show_fault(None)

    def set_fields(self, fields: tuple[FieldInfo, ...]) -> None:
        """Which merge fields to offer."""
        self._fields = fields

    def show_fault(self, fault: TemplateError | None) -> None:
        """Mark the line to blame and say what is wrong; None: all is well again."""
        line = fault.line if fault is not None else None
        self.editor.mark_line(line)
        self._fault.setVisible(fault is not None)
        self._foot.setVisible(fault is not None)
        self._go.setVisible(line is not None)
        if fault is not None:
            self._fault.set_message(fault.title, fault.hint, Kind.BAD)

    @Slot()
    def _on_text(self) -> None:
        if not self._is_quiet:
            self.edited.emit()

    def _go_to_fault(self) -> None:
        if self.editor.marked_line is not None:
            self.editor.go_to(self.editor.marked_line)

    def _open_menu(self) -> None:
        fill_merge_menu(self._menu, self._fields, self.editor.insert)
        self._menu.popup(self._insert.mapToGlobal(QPoint(0, self._insert.height() + 2)))
