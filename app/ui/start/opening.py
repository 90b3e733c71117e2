"""Opening the workspace that was open last, or making the first one, with the user's help where it is needed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import Cancelled, UserFacingError
from app.ui.operations import Operations
from app.ui.start.choice_sheet import ChoiceSheet, Way
from app.ui.start.new_workspace_sheet import NewWorkspaceSheet
from app.ui.start.opened import Attempt, Opened
from app.ui.start.recovery_sheet import RecoverySheet
from app.ui.start.team import TeamDoor
from app.ui.start.unlocking import Unlocker

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


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
        """The workspace at *last*, a path or the address of a database, or another one that the user chooses or makes.

        Raises:
            Cancelled: the user wants none.
        """
        await self.operations.read(_import_models)
        attempt = self._attempt(last) if last else await self._chosen(is_first=True)
        while True:
            if attempt is None:
                raise Cancelled
            try:
                return await attempt.go()
            except UserFacingError as error:
                attempt = await self._way_on(error, again=attempt)

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
            UserFacingError: it cannot be made.
        """
        return await _gone(await self._chosen(is_first=False))

    async def connect(self) -> Opened:
        """The workspace of a team, or a new one for it.

        Raises:
            Cancelled: the user wants none.
            UserFacingError: it cannot be opened or made, or the user does not have its key.
        """
        return await _gone(await self._team().ask())

    def _attempt(self, last: str) -> Attempt:
        from app.models.workspace import ServerLocation, parse_location

        try:
            location = parse_location(last)
        except UserFacingError as error:
            return Attempt(partial(_fail, error))
        return self._team().attempt(location) if isinstance(location, ServerLocation) else self._file(location)

    async def _way_on(self, error: UserFacingError, *, again: Attempt) -> Attempt | None:
        """What the user wants to do about *error*; None: nothing."""
        other: Attempt | None = None
        while other is None:
            choice = ChoiceSheet(self.window, error, is_on_server=again.server is not None)
            await choice.result_of()
            match choice.way:
                case Way.AGAIN:
                    return again
                case Way.OTHER:
                    return self._file(choice.path)
                case Way.NEW:
                    other = await self._chosen(is_first=False)
                case Way.TEAM:
                    other = await self._team().ask(again.server)
                case Way.QUIT:
                    return None
        return other

    async def _chosen(self, *, is_first: bool) -> Attempt | None:
        """The workspace that the user wants to have made or opened; None: neither."""
        while True:
            sheet = NewWorkspaceSheet(self.window, is_first=is_first)
            if not await sheet.result_of():
                return None
            if sheet.path is not None:
                return self._file(sheet.path)
            if not sheet.is_on_server:
                return Attempt(partial(self._make, sheet.organisation, sheet.time_zone))
            if (attempt := await self._team().ask()) is not None:
                return attempt

    def _file(self, path: Path) -> Attempt:
        return Attempt(partial(self._open, path))

    async def _make(self, name: str, zone: str) -> Opened:
        from app.models.keys import WorkspaceKey
        from app.models.workspace import SUFFIX, held_by_app
        from app.sending.furnish import create_furnished

        key = WorkspaceKey.generate()
        path = _free_path(self.folder, name, SUFFIX)
        unlocker = self._unlocker()
        with ExitStack() as stack:
            workspace = await self.operations.write(
                lambda: create_furnished(path, key, organisation=name, time_zone=zone)
            )
            stack.callback(workspace.close)
            stack.enter_context(held_by_app(path))
            is_kept = await unlocker.keep(await unlocker.vault(), path, key)
            await RecoverySheet(self.window, key.recovery_text(), is_kept=is_kept).result_of()
            return Opened(workspace, stack.pop_all())

    async def _open(self, path: Path) -> Opened:
        from app.models.workspace import held_by_app

        _check_is_there(path)
        unlocker = self._unlocker()
        with ExitStack() as stack:
            stack.enter_context(held_by_app(path))
            workspace = await unlocker.unlock(path, await unlocker.vault())
            stack.callback(workspace.close)
            return Opened(workspace, stack.pop_all())

    def _unlocker(self) -> Unlocker:
        return Unlocker(self.window, self.operations)

    def _team(self) -> TeamDoor:
        return TeamDoor(self.window, self.operations, self._unlocker())


async def _gone(attempt: Attempt | None) -> Opened:
    if attempt is None:
        raise Cancelled
    return await attempt.go()


async def _fail(error: UserFacingError) -> Opened:
    raise error


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
