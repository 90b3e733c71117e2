"""The key of a workspace: from the keyring, or else from the user."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.start.key_sheet import KeySheet

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.models.keys import WorkspaceKey
    from app.models.vault import Vault
    from app.models.workspace import Location, ServerLocation, Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unlocker:
    """Opens what is locked, and has the keyring remember what opened it.

    Attributes:
        window: Whose sheets are shown.
    """

    window: QWidget
    operations: Operations

    async def vault(self) -> Vault | None:
        """The system's keyring, if there is one to trust."""
        from app.models.vault import open_vault

        return await self.operations.read(open_vault)

    async def unlock(self, location: Location, vault: Vault | None) -> Workspace:
        """The workspace at *location*, open.

        Raises:
            UserFacingError: it cannot be opened, or the user does not have its key.
        """
        from app.models.database import WrongKey
        from app.models.workspace import Workspace, workspace_id

        key = None
        if vault is not None:
            name = await self.operations.read(partial(workspace_id, location))
            key = await self.operations.read(partial(vault.load, name))
        if key is not None:
            try:
                return await self.operations.write(partial(Workspace.open, location, key))
            except WrongKey as error:
                return await self._unlock_with_typed_key(location, vault, trouble=error.title)
        return await self._unlock_with_typed_key(location, vault)

    async def keep(self, vault: Vault | None, location: Location, key: WorkspaceKey) -> bool:
        """Have the keyring remember *key*, if there is one and it answers; whether it does from now on."""
        from app.models.workspace import workspace_id

        if vault is None:
            return False
        name = await self.operations.read(partial(workspace_id, location))
        return await self._kept(partial(vault.store, name, key))

    async def keep_password(self, vault: Vault | None, location: ServerLocation) -> None:
        """Have the keyring remember the password for *location*, if there is a keyring and a password."""
        if vault is not None and location.password:
            await self._kept(partial(vault.store_password, location.url, location.password))

    async def _kept(self, store: Callable[[], None]) -> bool:
        from app.models.vault import VaultUnavailable

        try:
            await self.operations.read(store)
        except VaultUnavailable as error:
            logger.warning("%s", error)
            return False
        return True

    async def _unlock_with_typed_key(self, location: Location, vault: Vault | None, *, trouble: str = "") -> Workspace:
        """Ask for the recovery key until it opens the workspace, and keep it if there is a keyring."""
        from app.models.database import WrongKey
        from app.models.workspace import ServerLocation, Workspace

        is_shared = isinstance(location, ServerLocation)
        name = location.name if isinstance(location, ServerLocation) else location.stem
        typed = ""
        while True:
            sheet = KeySheet(
                self.window, name, is_kept=vault is not None, is_shared=is_shared, trouble=trouble, text=typed
            )
            if not await sheet.result_of():
                raise UserFacingError(f"“{name}” is locked.", "Enter its recovery key, or choose another workspace.")
            try:
                workspace = await self.operations.write(partial(Workspace.open, location, sheet.key))
            except WrongKey:
                typed = sheet.text
                trouble = (
                    self.window.tr("This is the key of another workspace.")
                    if is_shared
                    else self.window.tr("This is the key of another workspace, or the file is none.")
                )
                continue
            await self.keep(vault, location, sheet.key)
            return workspace
