"""A workspace that a team shares, on a PostgreSQL server: finding it, making it, opening it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.ui.operations import Operations
from app.ui.start.new_workspace_sheet import NewTeamWorkspaceSheet
from app.ui.start.opened import Attempt, Opened
from app.ui.start.password_sheet import PasswordSheet
from app.ui.start.recovery_sheet import RecoverySheet
from app.ui.start.server_address import ServerAddress, server_words
from app.ui.start.server_sheet import ServerSheet
from app.ui.start.unlocking import Unlocker
from app.ui.start.waiting_sheet import waited_for

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.models.vault import Vault
    from app.models.workspace import ServerLocation


@dataclass(frozen=True)
class TeamDoor:
    """Gets the workspace of a team open.

    Attributes:
        window: Whose sheets are shown.
    """

    window: QWidget
    operations: Operations
    unlocker: Unlocker

    async def ask(self, before: ServerLocation | None = None) -> Attempt | None:
        """Have the user connect to a server; what then leads to the workspace there, or None if the user goes back.

        Args:
            before: What the inputs show at first.
        """
        from app.models.server_content import Content

        is_kept = await self.unlocker.vault() is not None
        address = ServerAddress() if before is None else ServerAddress.of(before)
        while True:
            sheet = ServerSheet(self.window, self.operations, address, is_kept=is_kept)
            if not await sheet.result_of():
                return None
            if sheet.content is Content.WORKSPACE:
                return self.attempt(sheet.location)
            name = NewTeamWorkspaceSheet(self.window, sheet.location.name, server_words(sheet.location))
            if await name.result_of():
                return Attempt(partial(self._make, sheet.location, name.organisation, name.time_zone), sheet.location)
            address = ServerAddress.of(sheet.location)

    def attempt(self, location: ServerLocation) -> Attempt:
        """The way to the workspace at *location*, which was there before."""
        return Attempt(partial(self._open, location), location)

    async def _make(self, location: ServerLocation, name: str, zone: str) -> Opened:
        from app.models.keys import WorkspaceKey
        from app.sending.furnish import create_furnished

        key = WorkspaceKey.generate()
        with ExitStack() as stack:
            workspace = await self.operations.write(
                lambda: create_furnished(location, key, organisation=name, time_zone=zone)
            )
            stack.callback(workspace.close)
            vault = await self.unlocker.vault()
            await self.unlocker.keep_password(vault, location)
            is_kept = await self.unlocker.keep(vault, location, key)
            await RecoverySheet(self.window, key.recovery_text(), is_kept=is_kept, is_shared=True).result_of()
            return Opened(workspace, stack.pop_all())

    async def _open(self, location: ServerLocation) -> Opened:
        vault = await self.unlocker.vault()
        let_in = await self._let_in(location, vault)
        with ExitStack() as stack:
            workspace = await self.unlocker.unlock(let_in, vault)
            stack.callback(workspace.close)
            await self.unlocker.keep_password(vault, let_in)
            return Opened(workspace, stack.pop_all())

    async def _let_in(self, location: ServerLocation, vault: Vault | None) -> ServerLocation:
        """*location* with a password that the server takes.

        Raises:
            UserFacingError: it does not let the user in, whatever was tried.
        """
        from app.models.database import NotLetIn
        from app.models.server_content import content_of

        if not location.password and vault is not None:
            kept = await self.operations.read(partial(vault.load_password, location.url))
            location = replace(location, password=kept)
        words = QCoreApplication.translate("Start", "Connecting to {0}").format(server_words(location))
        while True:
            try:
                await waited_for(self.operations.read(partial(content_of, location)), self.window, words)
            except NotLetIn as error:
                sheet = PasswordSheet(
                    self.window,
                    user=ServerAddress.of(location).user,
                    server=server_words(location),
                    is_kept=vault is not None,
                    trouble=str(error) if location.password else "",
                )
                if not await sheet.result_of():
                    raise
                location = replace(location, password=sheet.password)
            else:
                return location
