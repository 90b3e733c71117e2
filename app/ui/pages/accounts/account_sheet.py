"""The sheet in which an account is added or changed: first who carries the mail, then what they want to know."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from app.errors import UserFacingError
from app.sending.presets import Preset
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.accounts.account_form import AccountForm
from app.ui.pages.accounts.ground import Ground, store_account
from app.ui.pages.accounts.monogram import Monogram
from app.ui.pages.accounts.provider_gallery import ProviderGallery
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Sheet, strong

_SIZE = QSize(780, 760)
_LEAST_MARGIN = 24
_MONOGRAM = 32


class AccountSheet(Sheet):
    """Closes when the account is stored; until then every input stays as it was typed, also on the way back.

    Signals:
        stored: The id of the account.

    Attributes:
        gallery: The first step.
        form: The second.
    """

    stored = Signal(int)

    def __init__(self, parent: QWidget, context: AppContext, ground: Ground) -> None:
        super().__init__(parent)
        self.setObjectName("accountSheet")
        self._context = context
        self._account = ground.account
        self.gallery = ProviderGallery()
        self.form = AccountForm(context, ground)
        self.gallery.chosen.connect(self.choose)
        self.form.preset_wanted.connect(self.choose)
        self._build()
        if ground.account is not None:
            self._show_form()
        else:
            self._show_gallery()

    @Slot(object)
    def choose(self, preset: Preset) -> None:
        """Go on with this provider."""
        self.form.show_preset(preset)
        self.form.set_address(self.gallery.typed_address())
        self._show_form()

    def accept(self) -> None:
        if self._stack.currentWidget() is self.gallery or self.form.check():
            return
        account_id = self._account.id if self._account is not None else None
        changes = self.form.signature.key_changes
        self._context.operations.run(
            partial(store_account, self._context.workspace, account_id, self.form.draft(), changes),
            busy=self.confirm_button,
            success=self._on_stored,
            refreshes=[things.ACCOUNTS],
            on_error=self._show_trouble,
        )

    def done(self, result: int) -> None:
        self.form.stop()
        super().done(result)

    def _on_stored(self, account_id: int) -> None:
        super().accept()
        self.stored.emit(account_id)

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.set_message(error.title, error.hint, Kind.BAD)
        self._trouble.show()

    def _show_gallery(self) -> None:
        self.form.stop()
        self.set_words(
            self.tr("Who carries your mail?"),
            self.tr("Mail to your contacts leaves through your own mailbox or service, as if you wrote each one."),
        )
        self._provider.hide()
        self._trouble.hide()
        self._back.hide()
        self.confirm_button.hide()
        self._stack.setCurrentWidget(self.gallery)
        self.gallery.address.setFocus()

    def _show_form(self) -> None:
        preset = self.form.preset
        account = self._account
        if account is not None:
            self.set_words(self.tr("Change “{0}”").format(account.name))
        else:
            self.set_words(self.tr("Add your mail account"))
        self._provider_name.setText(preset.name)
        self._provider_mark.set_preset(preset)
        self._provider.show()
        self._back.setVisible(account is None)
        self.confirm_button.show()
        self._stack.setCurrentWidget(self.form)
        identity = self.form.identity
        (identity.name if not identity.name.text() else identity.address).setFocus()

    def _build(self) -> None:
        self._trouble = Banner(kind=Kind.BAD)
        self._trouble.setObjectName("accountTrouble")
        self._trouble.hide()
        self._provider_mark = Monogram(self.form.preset, _MONOGRAM)
        self._provider_name = strong()
        self._provider_name.setObjectName("providerName")
        self._provider = QWidget()
        row = QHBoxLayout(self._provider)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._provider_mark)
        row.addWidget(self._provider_name, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.gallery)
        self._stack.addWidget(self.form)
        self.body.addWidget(self._provider)
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._stack, 1)
        self._back = self.add_quiet_button(self.tr("Another provider"), name="backToGallery")
        self._back.clicked.connect(lambda _=False: self._show_gallery())
        self.add_buttons(self.tr("Save") if self._account else self.tr("Add account"))
        parent = self.parentWidget()
        room = parent.size() - QSize(2 * _LEAST_MARGIN, 2 * _LEAST_MARGIN) if parent is not None else _SIZE
        self.resize(_SIZE.boundedTo(room))
