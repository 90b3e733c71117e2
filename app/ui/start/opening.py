"""Opening the workspace that was open last, or making the first one, with the user's help where it is needed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import Cancelled, UserFacingError
from app.ui.operations import Operations
from app.ui.start.sheets import ChoiceSheet, KeySheet, NewWorkspaceSheet, RecoverySheet

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.models.keys import WorkspaceKey
    from app.models.vault import Vault
    from app.models.workspace import Workspace


@dataclass(frozen=True)
class Opened:
    """An open workspace that is this window's alone. Closing *hold* closes it and lets others in."""

    workspace: Workspace
    hold: ExitStack


@dataclass(frozen=True)
class Opener:
    """Gets a workspace open.

    Attributes:
        window: Whose sheets are shown.
        folder: Where a new workspace is made.
    """

    window: QWidget
    operations: Operations
    folder: Path

    async def open(self, last: str) -> Opened:
        """The workspace at *last*, or another one that the user chooses or makes.

        Raises:
            Cancelled: the user wants none.
        """
        if not last:
            return await self._make_new(is_first=True)
        path = Path(last)
        while True:
            try:
                return await self._open(path)
            except UserFacingError as error:
                choice = ChoiceSheet(self.window, error)
                await choice.result_of()
                if choice.wants_new:
                    return await self._make_new(is_first=False)
                if choice.path is None:
                    raise Cancelled from error
                path = choice.path

    async def _make_new(self, *, is_first: bool) -> Opened:
        from app.models.keys import WorkspaceKey
        from app.models.workspace import SUFFIX, held_by_app, workspace_id
        from app.sending.furnish import create_furnished

        sheet = NewWorkspaceSheet(self.window, is_first=is_first)
        if not await sheet.result_of():
            raise Cancelled
        name, zone, key = sheet.organisation, sheet.time_zone, WorkspaceKey.generate()
        path = _free_path(self.folder, name, SUFFIX)
        with ExitStack() as stack:
            workspace = await self.operations.write(
                lambda: create_furnished(path, key, organisation=name, time_zone=zone)
            )
            stack.callback(workspace.close)
            stack.enter_context(held_by_app(path))
            vault = await self._vault()
            if vault is not None:
                await self.operations.read(lambda: vault.store(workspace_id(path), key))
            await RecoverySheet(self.window, key.recovery_text(), is_kept=vault is not None).result_of()
            return Opened(workspace, stack.pop_all())

    async def _open(self, path: Path) -> Opened:
        from app.models.workspace import held_by_app

        _check_is_there(path)
        with ExitStack() as stack:
            stack.enter_context(held_by_app(path))
            workspace = await self._unlock(path)
            stack.callback(workspace.close)
            return Opened(workspace, stack.pop_all())

    async def _unlock(self, path: Path) -> Workspace:
        from app.models.workspace import Workspace, workspace_id

        vault = await self._vault()
        key = await self.operations.read(lambda: vault.load(workspace_id(path))) if vault else None
        if key is None:
            return await self._unlock_with_typed_key(path, vault)
        return await self.operations.write(partial(Workspace.open, path, key))

    async def _unlock_with_typed_key(self, path: Path, vault: Vault | None) -> Workspace:
        """Ask for the recovery key until it opens the file, and keep it if there is a keyring."""
        from app.models.database import WrongKey
        from app.models.workspace import Workspace, workspace_id

        trouble = ""
        while True:
            sheet = KeySheet(self.window, path.stem, is_kept=vault is not None, trouble=trouble)
            if not await sheet.result_of():
                raise UserFacingError(
                    f"“{path.stem}” is locked.", "Enter its recovery key, or choose another workspace."
                )
            key: WorkspaceKey = sheet.key
            try:
                workspace = await self.operations.write(partial(Workspace.open, path, key))
            except WrongKey as error:
                trouble = str(error)
                continue
            if vault is not None:
                await self.operations.read(partial(vault.store, workspace_id(path), key))
            return workspace

    async def _vault(self) -> Vault | None:
        from app.models.vault import open_vault

        return await self.operations.read(open_vault)


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise UserFacingError(
            f"The workspace “{path.stem}” is not where it was.",
            "Choose it where it is now, or make a new one.",
            detail=str(path),
        )


def _free_path(folder: Path, name: str, suffix: str) -> Path:
    """A path in *folder* for a workspace called *name*, with a number if that is taken."""
    safe = "".join(letter for letter in name if letter.isalnum() or letter in " -_").strip() or "Workspace"
    path, number = folder / f"{safe}{suffix}", 2
    while path.exists():
        path, number = folder / f"{safe} {number}{suffix}", number + 1
    return path
