"""Other programs on this computer, and whether they may have single messages sent."""

from __future__ import annotations

import sys
from functools import partial

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.sending.api_access import DEFAULT_PORT, HIGHEST_PORT, LOWEST_PORT, Listening, allow, forbid, set_port
from app.ui.context import AppContext
from app.ui.operations import Lane
from app.ui.pages.settings.api_example import ApiState, curl_line, read_api
from app.ui.pages.settings.row import SettingRow
from app.ui.pages.settings.token_sheet import TokenSheet
from app.ui.pages.templates.text_pane import fixed_font
from app.ui.theme import Kind, Space
from app.ui.widgets import Card, Pill, PillLook, ask, icon_button, label, secondary_button

_LOOK_AGAIN_MS = 1500
_EXAMPLE_HEIGHT = 78


class ApiCard(Card):
    """Off at first. Switched on, it shows a token once, and from then on whether anybody answers on the port."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("apiCard")
        self._context = context
        self._state: ApiState | None = None
        self._pill = Pill()
        self._switch = secondary_button(self.tr("Let them in"), "plug", on_click=self._on_switch, name="apiSwitch")
        self._switch.setEnabled(False)  # until it is known what it would do
        self._row = SettingRow(self.tr("Other programs"), "", self._pill, self._switch)
        self._row.text.setObjectName("apiState")
        self._port = QSpinBox()
        self._port.setObjectName("apiPort")
        self._port.setRange(LOWEST_PORT, HIGHEST_PORT)
        self._port.setGroupSeparatorShown(False)
        self._port.setAccessibleName(self.tr("Port"))
        self._port.lineEdit().setTextMargins(11, 0, 0, 0)
        self._port.editingFinished.connect(self._on_port)
        self._renew = secondary_button(self.tr("New token…"), "refresh-cw", on_click=self._on_renew, name="apiRenew")
        self._example = QPlainTextEdit()
        self._example.setObjectName("apiExample")
        self._example.setReadOnly(True)
        self._example.setTabChangesFocus(True)
        self._example.setFont(fixed_font(12))
        self._example.setFixedHeight(_EXAMPLE_HEIGHT)
        self._example.setAccessibleName(self.tr("Example"))
        self._details = QWidget()
        self._lay_out_details()
        self._details.hide()
        self.body.setSpacing(Space.L)
        self.body.addWidget(self._row)
        self.body.addWidget(self._details)
        self._timer = QTimer(self, interval=_LOOK_AGAIN_MS, singleShot=True)
        self._timer.timeout.connect(self.look)

    async def load(self) -> None:
        """Read how things stand and show it; if that cannot be read, the rest of the page is needed all the more."""
        try:
            self._show(await self._context.operations.read(partial(read_api, self._context.workspace)))
        except UserFacingError as error:
            self._show_trouble(error)

    @Slot()
    def look(self) -> None:
        """See again whether anybody answers."""
        if self.isVisible():
            self._context.operations.run(partial(read_api, self._context.workspace), lane=Lane.READ, success=self._show)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._state is not None:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _lay_out_details(self) -> None:
        copy = icon_button("copy", self.tr("Copy the example"), on_click=self._on_copy, name="apiCopy")
        example = QHBoxLayout()
        example.setSpacing(Space.XS)
        example.addWidget(self._example, 1)
        example.addWidget(copy)
        column = QVBoxLayout(self._details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)
        column.addWidget(
            SettingRow(
                self.tr("Port"),
                self.tr("The number that program connects to. Only this computer reaches it."),
                self._port,
            )
        )
        column.addWidget(
            SettingRow(
                self.tr("Token"),
                self.tr("The password of the other program. It was shown once; a new one takes the place of the old."),
                self._renew,
            )
        )
        words = label(self.tr("How that program asks for a message, to be tried in a terminal"), "strong", wrap=True)
        trial = QVBoxLayout()
        trial.setSpacing(Space.XS)
        trial.addWidget(words)
        trial.addLayout(example)
        column.addLayout(trial)

    def _show(self, state: ApiState) -> None:
        before, self._state = self._state, state
        is_on = state.access is not None
        self._pill.set(self._look(state))
        self._row.set_texts(self.tr("Other programs"), self._words(state))
        self._switch.setText(self.tr("Turn off…") if is_on else self.tr("Let them in"))
        self._switch.setEnabled(True)
        self._details.setVisible(is_on)
        port = DEFAULT_PORT if state.access is None else state.access.port
        if before is None or before.access != state.access:
            self._port.setValue(port)
        self._example.setPlainText(curl_line(state, port=port, is_windows=sys.platform == "win32"))
        if is_on and state.listening is not Listening.WE and self.isVisible():
            self._timer.start()

    def _show_trouble(self, error: UserFacingError) -> None:
        self._state = None
        self._pill.set(PillLook(self.tr("Unknown"), Kind.WARNING))
        self._row.set_texts(self.tr("Other programs"), str(error))
        self._switch.setEnabled(False)
        self._details.hide()

    def _look(self, state: ApiState) -> PillLook:
        if state.access is None:
            return PillLook(self.tr("Off"), Kind.NEUTRAL, "circle-pause")
        looks = {
            Listening.WE: PillLook(self.tr("On"), Kind.GOOD),
            Listening.NOBODY: PillLook(self.tr("Waiting"), Kind.NEUTRAL, "loader-circle"),
            Listening.ANOTHER: PillLook(self.tr("Port in use"), Kind.WARNING),
        }
        return looks[state.listening]

    def _words(self, state: ApiState) -> str:
        if state.access is None:
            return self.tr(
                "Your shop or booking program can have a receipt or a confirmation sent through your account. It has "
                "to run on this computer. As long as this is off, none can."
            )
        words = {
            Listening.WE: self.tr(
                "Programs on this computer that know the token can have single messages sent. These go out before "
                "any campaign."
            ),
            Listening.NOBODY: self.tr("Nobody answers at this port yet: sending is stopped, or is just being started."),
            Listening.ANOTHER: self.tr(
                "Another program on this computer uses port {0}. End it, or choose another port here and there."
            ),
        }
        return words[state.listening].format(state.access.port)

    def _on_switch(self) -> None:
        if self._state is None or self._state.access is None:
            self._allow()
        else:
            self._context.operations.run(self._turn_off())

    def _on_renew(self) -> None:
        self._context.operations.run(self._make_new_token())

    def _allow(self) -> None:
        self._context.operations.run(
            partial(allow, self._context.workspace, port=self._port.value()),
            busy=self._switch,
            success=self._show_token,
        )

    def _show_token(self, token: str) -> None:
        TokenSheet(self, token).open()
        self.look()

    async def _make_new_token(self) -> None:
        agreed = await ask(
            self,
            title=self.tr("Make a new token?"),
            text=self.tr(
                "The old one opens nothing any more: a program that uses it cannot send until it has the new."
            ),
            confirm=self.tr("Make a new token"),
            danger=True,
        )
        if agreed:
            self._allow()

    async def _turn_off(self) -> None:
        agreed = await ask(
            self,
            title=self.tr("Let no other program send?"),
            text=self.tr("The token is forgotten. What was queued is still sent."),
            confirm=self.tr("Turn off"),
            danger=True,
        )
        if agreed:
            await self._context.operations.write(partial(forbid, self._context.workspace))
            await self.load()

    @Slot()
    def _on_port(self) -> None:
        port = self._port.value()
        if self._state is not None and self._state.access is not None and port != self._state.access.port:
            self._context.operations.run(
                partial(set_port, self._context.workspace, port),
                success=lambda _: self._on_port_stored(),
            )

    def _on_port_stored(self) -> str:
        self.look()
        return self.tr("Saved")

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._example.toPlainText())
