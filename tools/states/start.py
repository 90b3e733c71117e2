"""The sheets that come before a workspace is open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QWidget

from app.errors import UserFacingError
from app.models.keys import WorkspaceKey
from app.ui.shell import MainWindow
from app.ui.start.choice_sheet import ChoiceSheet
from app.ui.start.key_sheet import KeySheet
from app.ui.start.new_workspace_sheet import NewTeamWorkspaceSheet, NewWorkspaceSheet
from app.ui.start.password_sheet import PasswordSheet
from app.ui.start.recovery_sheet import RecoverySheet
from app.ui.start.server_address import ServerAddress
from app.ui.start.server_sheet import ServerSheet
from app.ui.start.waiting_sheet import WaitingSheet
from app.ui.widgets import Sheet
from tools.screenshots import Shot
from tools.states.acts import click, rest

_KEY = WorkspaceKey(bytes(range(32))).recovery_text()
_SERVER = "db.blumen-berger.example"
_DAMAGED = UserFacingError("“Blumen Berger” is damaged.", "Go back to a backup: it opens like a workspace.")
_AWAY = UserFacingError(f"{_SERVER} does not answer.", "Check your connection, or ask whoever runs the server.")


def _showing(make: Callable[[MainWindow], Sheet], *, press: str = "") -> Callable[[MainWindow], Awaitable[None]]:
    async def show(window: MainWindow) -> None:
        sheet = make(window)
        sheet.open()
        await rest(window)
        if press:
            click(sheet, press)
            await rest(window)

    return show


def _server(window: MainWindow) -> Sheet:
    return ServerSheet(window, window.operations, ServerAddress(), is_kept=True)


def _recovery(*, is_kept: bool = True, is_first: bool = True, is_shared: bool = False) -> Callable[[QWidget], Sheet]:
    return lambda window: RecoverySheet(window, _KEY, is_kept=is_kept, is_first=is_first, is_shared=is_shared)


SHOTS = [
    Shot("start-welcome", "home", _showing(lambda window: NewWorkspaceSheet(window, is_first=True))),
    Shot("start-another", "home", _showing(lambda window: NewWorkspaceSheet(window, is_first=False))),
    Shot("start-team", "home", _showing(_server)),
    Shot("start-team-wrong", "home", _showing(_server, press="confirm")),
    Shot("start-team-new", "home", _showing(lambda window: NewTeamWorkspaceSheet(window, "flowers", _SERVER))),
    Shot(
        "start-password",
        "home",
        _showing(lambda window: PasswordSheet(window, user="ines", server=_SERVER, is_kept=True)),
    ),
    Shot("start-key", "home", _showing(lambda window: KeySheet(window, "Blumen Berger", is_kept=True))),
    Shot(
        "start-key-shared",
        "home",
        _showing(
            lambda window: KeySheet(
                window, "flowers", is_kept=False, is_shared=True, trouble="This is the key of another workspace."
            )
        ),
    ),
    Shot("start-recovery", "home", _showing(_recovery())),
    Shot("start-recovery-unkept", "home", _showing(_recovery(is_kept=False))),
    Shot("start-recovery-shared", "home", _showing(_recovery(is_shared=True))),
    Shot("start-recovery-again", "home", _showing(_recovery(is_first=False))),
    Shot("start-damaged", "home", _showing(lambda window: ChoiceSheet(window, _DAMAGED))),
    Shot("start-away", "home", _showing(lambda window: ChoiceSheet(window, _AWAY, is_on_server=True))),
    Shot("start-waiting", "home", _showing(lambda window: WaitingSheet(window, f"Connecting to {_SERVER} …"))),
]
