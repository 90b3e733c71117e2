"""Opening the workspace that was open last, or making the first one, with the user's help where it is needed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import Cancelled, UserFacingError
from app.ui.operations import Operations
from app.ui.start.choice_sheet import ChoiceSheet, Way
from app.ui.start.key_sheet import KeySheet
from app.ui.start.new_workspace_sheet import NewWorkspaceSheet
from app.ui.start.recovery_sheet import RecoverySheet

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.models.keys import WorkspaceKey
    from app.models.vault import Vault
    from app.models.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """An open workspace that is this window's alone. Closing *hold* closes it and lets others in."""

    workspace: Workspace
    hold: ExitStack


_Way = Callable[[], Awaitable[Opened]]


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
        await self.operations.read(_import_models)
        way: _Way = partial(self._open, Path(last)) if last else self._welcome
        while True:
            try:
                return await way()
            except UserFacingError as error:
                way = await self._way_on(error, again=way)

    async def open_file(self, path: Path) -> Opened:
        """The workspace at *path*.

        Raises:
            UserFacingError: it cannot be opened, or the user does not have its key.
        """
        return await self._open(path)

    async def make_another(self) -> Opened:
        """A new workspace beside those there are.

        Raises:
            Cancelled: the user wants none.
        """
        sheet = NewWorkspaceSheet(self.window, is_first=False)
        if not await sheet.result_of():
            raise Cancelled
        return await self._way_of(sheet)()

    async def _way_on(self, error: UserFacingError, *, again: _Way) -> _Way:
        """What the user wants to do about *error*.

        Raises:
            Cancelled: nothing.
        """
        while True:
            choice = ChoiceSheet(self.window, error)
            await choice.result_of()
            match choice.way:
                case Way.AGAIN:
                    return again
                case Way.OTHER:
                    return partial(self._open, choice.path)
                case Way.NEW:
                    sheet = NewWorkspaceSheet(self.window, is_first=False)
                    if await sheet.result_of():
                        return self._way_of(sheet)
                case Way.QUIT:
                    raise Cancelled from error

    async def _welcome(self) -> Opened:
        sheet = NewWorkspaceSheet(self.window, is_first=True)
        if not await sheet.result_of():
            raise Cancelled
        return await self._way_of(sheet)()

    def _way_of(self, sheet: NewWorkspaceSheet) -> _Way:
        if sheet.path is not None:
            return partial(self._open, sheet.path)
        return partial(self._make, sheet.organisation, sheet.time_zone)

    async def _make(self, name: str, zone: str) -> Opened:
        from app.models.keys import WorkspaceKey
        from app.models.workspace import SUFFIX, held_by_app
        from app.sending.furnish import create_furnished

        key = WorkspaceKey.generate()
        path = _free_path(self.folder, name, SUFFIX)
        with ExitStack() as stack:
            workspace = await self.operations.write(
                lambda: create_furnished(path, key, organisation=name, time_zone=zone)
            )
            stack.callback(workspace.close)
            stack.enter_context(held_by_app(path))
            is_kept = await self._keep(await self._vault(), path, key)
            await RecoverySheet(self.window, key.recovery_text(), is_kept=is_kept).result_of()
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
        from app.models.database import WrongKey
        from app.models.workspace import Workspace, workspace_id

        vault = await self._vault()
        key = await self.operations.read(lambda: vault.load(workspace_id(path))) if vault else None
        if key is not None:
            try:
                return await self.operations.write(partial(Workspace.open, path, key))
            except WrongKey as error:
                return await self._unlock_with_typed_key(path, vault, trouble=error.title)
        return await self._unlock_with_typed_key(path, vault)

    async def _unlock_with_typed_key(self, path: Path, vault: Vault | None, *, trouble: str = "") -> Workspace:
        """Ask for the recovery key until it opens the file, and keep it if there is a keyring."""
        from app.models.database import WrongKey
        from app.models.workspace import Workspace

        typed = ""
        while True:
            sheet = KeySheet(self.window, path.stem, is_kept=vault is not None, trouble=trouble, text=typed)
            if not await sheet.result_of():
                raise UserFacingError(
                    f"“{path.stem}” is locked.", "Enter its recovery key, or choose another workspace."
                )
            try:
                workspace = await self.operations.write(partial(Workspace.open, path, sheet.key))
            except WrongKey:
                typed = sheet.text
                trouble = self.window.tr("This is the key of another workspace, or the file is none.")
                continue
            await self._keep(vault, path, sheet.key)
            return workspace

    async def _keep(self, vault: Vault | None, path: Path, key: WorkspaceKey) -> bool:
        """Have the keyring remember *key*, if there is one and it answers; whether it does from now on."""
        from app.models.vault import VaultUnavailable
        from app.models.workspace import workspace_id

        if vault is None:
            return False
        try:
            await self.operations.read(partial(vault.store, workspace_id(path), key))
        except VaultUnavailable as error:
            logger.warning("%s", error)
            return False
        return True

    async def _vault(self) -> Vault | None:
        from app.models.vault import open_vault

        return await self.operations.read(open_vault)


def _import_models() -> None:
    """Let a thread import what the next steps need, while the window is being painted."""
    import app.models.vault
    import app.models.workspace  # noqa: F401


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
