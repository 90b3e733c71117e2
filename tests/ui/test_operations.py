import asyncio
import sys
import threading

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.errors import Cancelled, UserFacingError
from app.ui.operations import Lane, Operations
from app.ui.progress import CancelToken, Progress, Report
from app.ui.widgets import Toast
from tests.ui.waiting import signal_of, until


@pytest.fixture
def bugs(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What reached the crash dialog's door."""
    caught: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _traceback: caught.append(error))
    return caught


async def test_success_is_told_and_names_what_changed(operations: Operations) -> None:
    changed = asyncio.ensure_future(signal_of(operations.changed))
    notified = asyncio.ensure_future(signal_of(operations.notified))
    await asyncio.sleep(0)
    operations.run(lambda: 3, success=lambda count: f"{count} contacts added", refreshes=["contacts"])
    assert await changed == (frozenset({"contacts"}),)
    assert await notified == (Toast("3 contacts added"),)


async def test_coroutines_are_work_too(operations: Operations) -> None:
    results: list[int] = []

    async def work() -> int:
        return await operations.read(lambda: 1) + await operations.write(lambda: 2)

    await operations.run(work(), success=results.append)
    assert results == [3]


async def test_user_facing_error_is_shown_and_nothing_else(operations: Operations, bugs: list[BaseException]) -> None:
    def refuse() -> None:
        raise UserFacingError("The disk is full.", "Free some space.")

    shown: list[UserFacingError] = []
    told: list[object] = []
    operations.failed.connect(shown.append)
    operations.notified.connect(told.append)
    operations.changed.connect(told.append)
    await operations.run(refuse, success="Saved", refreshes=["contacts"])
    assert [error.title for error in shown] == ["The disk is full."]
    assert told == []
    assert bugs == []


async def test_a_form_may_take_the_error_itself(operations: Operations) -> None:
    def refuse() -> None:
        raise UserFacingError("This name is taken.")

    taken: list[UserFacingError] = []
    shown: list[object] = []
    operations.failed.connect(shown.append)
    await operations.run(refuse, on_error=taken.append)
    assert len(taken) == 1
    assert shown == []


async def test_a_bug_reaches_the_crash_dialog(operations: Operations, bugs: list[BaseException]) -> None:
    await operations.run(lambda: 1 / 0)
    assert [type(error) for error in bugs] == [ZeroDivisionError]


async def test_cancelled_work_says_nothing(operations: Operations, bugs: list[BaseException]) -> None:
    def stop() -> None:
        raise Cancelled

    told: list[object] = []
    operations.failed.connect(told.append)
    operations.notified.connect(told.append)
    await operations.run(stop, success="Done")
    assert told == []
    assert bugs == []


async def test_the_busy_button_is_disabled_meanwhile_and_gets_its_focus_back(
    operations: Operations, qtbot: QtBot
) -> None:
    button = QPushButton("Save")
    qtbot.addWidget(button)
    button.show()
    button.activateWindow()
    button.setFocus()
    await until(button.hasFocus)
    go_on = threading.Event()
    task = operations.run(lambda: go_on.wait(5), busy=button)
    await asyncio.sleep(0)
    assert not button.isEnabled()
    go_on.set()
    await task
    assert button.isEnabled()
    assert button.hasFocus()


async def test_writes_follow_each_other_and_reads_run_beside_them(operations: Operations) -> None:
    together = threading.Barrier(2, timeout=5)
    await asyncio.gather(operations.read(together.wait), operations.read(together.wait))
    running: list[str] = []

    def write() -> None:
        assert running == []
        running.append("x")
        running.clear()

    await asyncio.gather(*(operations.run(write, lane=Lane.WRITE) for _ in range(20)))


async def test_progress_arrives_in_the_ui_thread_and_the_last_one_always(operations: Operations) -> None:
    seen: list[tuple[Progress, threading.Thread]] = []

    def work(report: Report, _cancel: CancelToken) -> str:
        for done in range(1, 101):
            report(Progress(done, 100))
        return "Imported"

    notified = asyncio.ensure_future(signal_of(operations.notified))
    job = operations.run_with_progress(work, title="Importing", success=lambda text: text)
    job.progressed.connect(lambda progress: seen.append((progress, threading.current_thread())))
    assert await notified == (Toast("Imported"),)
    assert seen[-1][0] == Progress(100, 100)
    assert len(seen) < 10
    assert {thread for _, thread in seen} == {threading.main_thread()}


async def test_a_cancelled_job_stops_its_work(operations: Operations, bugs: list[BaseException]) -> None:
    started = threading.Event()

    def work(_report: Report, cancel: CancelToken) -> None:
        started.set()
        while True:
            cancel.check()

    job = operations.run_with_progress(work, title="Importing")
    await until(started.is_set)
    finished = asyncio.ensure_future(signal_of(job.finished))
    await asyncio.sleep(0)
    job.cancel()
    await finished
    await until(lambda: operations.is_idle)
    assert bugs == []


async def test_work_that_is_cancelled_before_it_began_leaves_no_complaint(operations: Operations) -> None:
    begun: list[bool] = []

    async def work() -> None:
        begun.append(True)

    task = operations.run(work())
    task.cancel()
    await asyncio.wait({task})
    assert begun == []
    assert operations.is_idle


async def test_drain_stops_what_runs(operations: Operations) -> None:
    task = operations.run(asyncio.sleep(60))
    await asyncio.sleep(0)
    await operations.drain()
    assert task.cancelled()
    assert operations.is_idle


async def test_what_is_begun_after_the_end_does_nothing(operations: Operations) -> None:
    await operations.drain()
    done: list[str] = []

    await operations.run(lambda: done.append("work"), success=lambda _result: done.append("success"))
    await operations.drain()

    assert done == []
