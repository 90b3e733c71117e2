"""The workspace's key: whether this computer remembers it, and a second look at the recovery key."""

from __future__ import annotations

import sys
from enum import Enum, auto
from functools import partial

from app.models.vault import open_vault
from app.models.workspace import Workspace, workspace_id
from app.ui.context import AppContext
from app.ui.pages.settings.row import SettingRow
from app.ui.start.recovery_sheet import RecoverySheet
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Card, secondary_button


class Kept(Enum):
    """Where the key is between two starts."""

    YES = auto()
    NOT_YET = auto()
    NO_KEYRING = auto()


class KeyCard(Card):
    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("keyCard")
        self._context = context
        self._remember = secondary_button(
            self.tr("Remember it here"), "key-round", on_click=self._on_remember, name="rememberKey"
        )
        self._row = SettingRow(self.tr("Key of the workspace"), "", self._remember)
        self._row.text.setObjectName("keyState")
        self._warning = Banner()
        self._warning.setObjectName("keyWarning")
        show = secondary_button(self.tr("Show recovery key…"), "key", on_click=self._on_show, name="showKey")
        self._is_kept = False
        self.body.setSpacing(Space.L)
        self.body.addWidget(self._row)
        self.body.addWidget(self._warning)
        self.body.addWidget(
            SettingRow(
                self.tr("Recovery key"),
                self.tr("Your colleagues need it once, on each of their computers. Hand it over in person.")
                if context.workspace.is_shared
                else self.tr(
                    "With it you open the workspace on another computer. Whoever has it and the file can read all."
                ),
                show,
            )
        )
        self._remember.hide()
        self._warning.hide()

    async def load(self) -> None:
        """Ask the keyring, which may take a moment."""
        self._show(await self._context.operations.read(partial(_kept, self._context.workspace)))

    def _show(self, kept: Kept) -> None:
        self._is_kept = kept is Kept.YES
        self._remember.setVisible(kept is Kept.NOT_YET)
        self._warning.setVisible(kept is Kept.NO_KEYRING)
        words = {
            Kept.YES: self.tr("Kept in {0}, so the workspace opens by itself when you are signed in to this computer."),
            Kept.NOT_YET: self.tr("Not in {0}: the recovery key is asked for at every start."),
            Kept.NO_KEYRING: self.tr("Not kept anywhere: the recovery key is asked for at every start."),
        }
        self._row.set_texts(self.tr("Key of the workspace"), words[kept].format(_keyring_name(self)))
        self._warning.set_message(
            self.tr("This computer has no secure keyring."),
            self.tr(
                "The program never writes the key into a plain file instead. On Linux, GNOME Keyring or KWallet would "
                "remember it."
            )
            if sys.platform == "linux"
            else self.tr("The program never writes the key into a plain file instead."),
            Kind.WARNING,
        )

    def _on_remember(self) -> None:
        self._context.operations.run(self._store(), busy=self._remember, success=self.tr("Remembered from now on"))

    async def _store(self) -> None:
        await self._context.operations.read(partial(_remember, self._context.workspace))
        await self.load()

    def _on_show(self) -> None:
        workspace = self._context.workspace
        RecoverySheet(
            self, workspace.key.recovery_text(), is_kept=True, is_first=False, is_shared=workspace.is_shared
        ).open()


def _kept(workspace: Workspace) -> Kept:
    vault = open_vault()
    if vault is None:
        return Kept.NO_KEYRING
    return Kept.YES if vault.load(workspace_id(workspace.location)) == workspace.key else Kept.NOT_YET


def _remember(workspace: Workspace) -> None:
    vault = open_vault()
    if vault is not None:
        vault.store(workspace_id(workspace.location), workspace.key)


def _keyring_name(card: KeyCard) -> str:
    names = {
        "win32": card.tr("the Credential Manager of Windows"),
        "darwin": card.tr("the keychain of your Mac"),
    }
    return names.get(sys.platform, card.tr("the keyring of your desktop"))
