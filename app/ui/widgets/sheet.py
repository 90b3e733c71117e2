"""Dialogs: a title, a body, a footer with buttons. Opened with `open()`, never `exec()`.

An `exec()` under a coroutine kills other tasks for good; `await ask(...)` and `await sheet.result_of()` do not.
"""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import Kind, Space
from app.ui.widgets.buttons import danger_button, primary_button, quiet_button, secondary_button
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import heading, muted

_LEAST_WIDTH = 392


class Sheet(QDialog):
    """A dialog that belongs to the window it was opened from.

    Put content into `body` (a layout), then add buttons with `add_buttons`. Escape closes it as rejected; Return
    presses the confirming button.

    Attributes:
        body: The layout for the content.
        confirm_button, cancel_button: Set by `add_buttons`.
    """

    confirm_button: QPushButton
    cancel_button: QPushButton

    def __init__(self, parent: QWidget | None, title: str = "", text: str = "", *, kind: Kind | None = None) -> None:
        """*text*: one or two sentences under the title. *kind*: shows the icon that goes with it."""
        super().__init__(parent.window() if parent is not None else None)
        self.setProperty("role", "sheet")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._title = heading()
        self._title.setWordWrap(True)
        self._text = muted()
        self.body = QVBoxLayout()
        self.body.setSpacing(Space.L)
        words = QVBoxLayout()
        words.setSpacing(Space.XS)
        words.addWidget(self._title)
        words.addWidget(self._text)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(Space.L)
        if kind is not None:
            head.addWidget(IconLabel(kind.icon, kind=kind, size=20, tile=40), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        content = QVBoxLayout()
        content.setContentsMargins(Space.XXL, Space.XXL, Space.XXL, Space.XXL)
        content.setSpacing(Space.L)
        # Not the dialog's own minimum width: that would override what a wide body needs.
        content.addStrut(_LEAST_WIDTH)
        content.addLayout(head)
        content.addLayout(self.body, 1)
        self._footer = QFrame()
        self._footer.setProperty("role", "footer")
        self._footer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._buttons = QHBoxLayout(self._footer)
        self._buttons.setContentsMargins(Space.XXL, Space.M, Space.XXL, Space.M)
        self._buttons.setSpacing(Space.S)
        self._buttons.addStretch(1)
        self._footer.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(content, 1)
        column.addWidget(self._footer)
        self.set_words(title, text)

    def set_words(self, title: str, text: str = "") -> None:
        self.setWindowTitle(title)
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))

    def add_buttons(self, confirm: str, *, cancel: str | None = None, danger: bool = False) -> None:
        """The footer: *confirm* accepts, *cancel* ("Cancel" unless given; "" for none) rejects.

        A dangerous sheet's default is to cancel: Return must not destroy anything.
        """
        if cancel != "":
            self.cancel_button = secondary_button(cancel or self.tr("Cancel"), on_click=self.reject, name="cancel")
            self._buttons.addWidget(self.cancel_button)
        make = danger_button if danger else primary_button
        self.confirm_button = make(confirm, on_click=self.accept, name="confirm")
        self._buttons.addWidget(self.confirm_button)
        default = self.cancel_button if danger and cancel != "" else self.confirm_button
        default.setDefault(True)
        default.setFocus()
        self._footer.show()

    def add_cancel_button(self, text: str, *, name: str = "cancel") -> QPushButton:
        """For sheets that only wait: one button, which rejects."""
        self.cancel_button = secondary_button(text, on_click=self.reject, name=name)
        self._buttons.addWidget(self.cancel_button)
        self._footer.show()
        return self.cancel_button

    def add_quiet_button(self, text: str, *, name: str = "") -> QPushButton:
        """A further button at the left end of the footer."""
        button = quiet_button(text, name=name)
        # Its text, not its invisible border, lines up with the body.
        self._buttons.setContentsMargins(Space.XXL - 10, Space.M, Space.XXL, Space.M)
        self._buttons.insertWidget(0, button)
        self._footer.show()
        return button

    def fit(self) -> None:
        """Grow to what the content needs now. By itself Qt stops at two thirds of the screen, and never after that."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    async def result_of(self) -> bool:
        """Open the sheet and wait: True when it was accepted. Cancelling the waiting task closes the sheet."""
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def answer(code: int) -> None:
            if not answered.done():
                answered.set_result(code == QDialog.DialogCode.Accepted)

        self.finished.connect(answer)
        self.open()
        try:
            return await answered
        except asyncio.CancelledError:
            self.reject()
            raise


async def ask(
    parent: QWidget | None,
    *,
    title: str,
    text: str,
    confirm: str,
    cancel: str | None = None,
    danger: bool = False,
) -> bool:
    """Ask before doing what cannot be undone. *text* names what will be lost; *confirm* names the deed, never "OK"."""
    sheet = Sheet(parent, title, text, kind=Kind.WARNING if danger else None)
    sheet.setObjectName("ask")
    sheet.add_buttons(confirm, cancel=cancel, danger=danger)
    return await sheet.result_of()


def tell(parent: QWidget | None, *, title: str, text: str, kind: Kind = Kind.BAD, detail: str = "") -> Sheet:
    """Open a sheet that only has to be read; *detail* waits behind a button."""
    sheet = Sheet(parent, title, text, kind=kind)
    sheet.setObjectName("tell")
    sheet.add_buttons(QCoreApplication.translate("Sheet", "Close"), cancel="")
    if detail:
        _hide_behind_button(sheet, detail)
    sheet.open()
    return sheet


def _hide_behind_button(sheet: Sheet, detail: str) -> None:
    words = QPlainTextEdit(detail)
    words.setReadOnly(True)
    words.setFixedHeight(140)
    words.setAccessibleName(QCoreApplication.translate("Sheet", "Technical details"))
    words.setObjectName("detail")
    words.hide()
    sheet.body.addWidget(words)
    more = sheet.add_quiet_button(QCoreApplication.translate("Sheet", "Technical details"), name="showDetail")
    more.setCheckable(True)
    more.toggled.connect(words.setVisible)
    more.toggled.connect(sheet.adjustSize)
