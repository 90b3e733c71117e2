"""One run of the application, listened to from inside: `python -m benchmarks.ticking WORKSPACE CAMPAIGN SECONDS`.

Starts the program as `main.py` does, sends the campaign, and prints how late each tick of a timer in the window's loop
was, in milliseconds, as one line of JSON. `benchmarks.smooth` starts it, inside a session with an unlocked keyring.
"""

import asyncio
import json
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from app import paths
from app.models.keys import WorkspaceKey
from app.models.states import DeliveryState
from app.models.vault import open_vault
from app.models.workspace import Workspace, workspace_id
from app.reports.metrics import delivery_counts
from app.sending import campaigns
from app.settings import Settings, save
from app.ui.application import App
from app.ui.crash import CrashReporter
from app.ui.shell import MainWindow

_PERIOD_MS = 16
_SETTLING_S = 5.0
_LOOK_EVERY_S = 0.25
_UNDER_WAY = 2_000
"""After so many messages the sending processes are all at work."""


class Ticks(QObject):
    """A timer that writes down how late it is. What a busy loop leaves out counts as well, each tick for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=_PERIOD_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._due = 0.0

    def start(self) -> None:
        """Begin to tick."""
        self._due = time.perf_counter() * 1000 + _PERIOD_MS
        self._timer.start()

    def stop(self) -> None:
        """Tick no more."""
        self._timer.stop()

    def _on_timeout(self) -> None:
        now = time.perf_counter() * 1000
        # Qt may be a fraction of a millisecond early.
        while self._due <= now + _PERIOD_MS / 2:
            self.late_ms.append(max(0.0, now - self._due))
            self._due += _PERIOD_MS


class Listener:
    """Sends a campaign in the open window, and listens."""

    def __init__(self, window: MainWindow, workspace: Workspace, campaign_id: int, seconds: float) -> None:
        self._window = window
        self._workspace = workspace
        self._campaign_id = campaign_id
        self._seconds = seconds

    async def listen(self) -> dict[str, object]:
        """Lateness while the agent sends, and on the same page afterwards."""
        await asyncio.sleep(_SETTLING_S)
        dispatch_id = await asyncio.to_thread(
            campaigns.launch, self._workspace, self._campaign_id, grace=campaigns.NO_GRACE
        )
        self._window.show_page("campaigns", campaign=self._campaign_id)
        while await self._sent(dispatch_id) < _UNDER_WAY:  # noqa: ASYNC110  another process sends
            await asyncio.sleep(_LOOK_EVERY_S)
        await asyncio.sleep(_SETTLING_S)
        before = await self._sent(dispatch_id)
        busy = await self._late()
        sent = await self._sent(dispatch_id) - before
        if not await self._left(dispatch_id):
            raise SystemExit("Everything was sent before the measurement was over: more messages are needed.")
        await asyncio.to_thread(campaigns.pause, self._workspace, dispatch_id)
        await asyncio.sleep(_SETTLING_S)
        return {"busy": busy, "idle": await self._late(), "rate": sent / self._seconds}

    async def _late(self) -> dict[str, object]:
        """How late each tick was, and from when to when by the machine's clock."""
        ticks, begun = Ticks(), time.monotonic()
        ticks.start()
        await asyncio.sleep(self._seconds)
        ticks.stop()
        return {"late": ticks.late_ms, "from": begun, "to": time.monotonic()}

    async def _sent(self, dispatch_id: int) -> int:
        counts = await asyncio.to_thread(delivery_counts, self._workspace, [dispatch_id])
        return counts[dispatch_id][DeliveryState.SENT]

    async def _left(self, dispatch_id: int) -> int:
        counts = await asyncio.to_thread(delivery_counts, self._workspace, [dispatch_id])
        return counts[dispatch_id].left


def main(path: Path, campaign_id: int, seconds: float) -> None:
    """Run the application until all is heard."""
    key = WorkspaceKey.from_recovery_text(sys.stdin.readline())
    vault = open_vault()
    if vault is None:
        raise SystemExit("There is no keyring in this session.")
    vault.store(workspace_id(path), key)
    save(Settings(workspace=str(path)), paths.settings_file())
    heard: list[asyncio.Task[dict[str, object]]] = []
    show_page = MainWindow.show_page

    def show_first_page(window: MainWindow, page: str, **details: object) -> object:
        if not heard:
            task = asyncio.ensure_future(Listener(window, workspace, campaign_id, seconds).listen())
            task.add_done_callback(lambda _: _quit())
            heard.append(task)
        return show_page(window, page, **details)

    faults: list[BaseException] = []
    CrashReporter.report = lambda _reporter, error: faults.append(error)  # type: ignore[assignment, method-assign]
    MainWindow.show_page = show_first_page  # type: ignore[assignment, method-assign]
    with closing(Workspace.open(path, key)) as workspace:
        from app.bootstrap import main as start

        start([])
    if faults:
        raise SystemExit("".join(traceback.format_exception(faults[0])))
    print(json.dumps(heard[0].result()))


def _quit() -> None:
    application = App.instance()
    if isinstance(application, App):
        application.asked_to_quit.emit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
