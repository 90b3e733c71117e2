"""The one door between a slot and the work it starts.

A slot hands a verb to `Operations` and returns. The work runs off the UI thread; its end is told to the user
(a toast, a worded failure, or the crash dialog) and to the pages that show what it changed.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from app.errors import Cancelled, UserFacingError
from app.ui.progress import CancelToken, Job, Report
from app.ui.widgets.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Coroutine[Any, Any, T] | Callable[[], T]
LongWork = Callable[[Report, CancelToken], T | Coroutine[Any, Any, T]]
Success = str | Toast | Callable[[T], str | Toast | None]

_READERS = 4


class Lane(Enum):
    """Which threads run a plain callable."""

    WRITE = "write"  # one thread: the workspace has one writer
    READ = "read"  # several: queries, parsing, rendering, the network


class Operations(QObject):
    """Runs work for the interface; failures are shown, never lost.

    Must be used while an asyncio loop runs (qasync's). Work must not touch widgets.

    Signals:
        changed: A frozenset of names of things that are different now ("contacts", "campaigns").
        notified: A `Toast` to show.
        failed: A `UserFacingError` to show.
        started: A `Job` that nobody displays yet, so that the window opens a progress sheet for it.
    """

    changed = Signal(object)
    notified = Signal(object)
    failed = Signal(object)
    started = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: set[Job] = set()
        self._is_over = False
        self._lanes = {
            Lane.WRITE: ThreadPoolExecutor(1, "write"),
            Lane.READ: ThreadPoolExecutor(_READERS, "read"),
        }

    def run(
        self,
        work: Work[T],
        *,
        busy: QWidget | None = None,
        success: Success[T] | None = None,
        refreshes: Iterable[str] = (),
        on_error: Callable[[UserFacingError], object] | None = None,
        lane: Lane = Lane.WRITE,
    ) -> asyncio.Task[None]:
        """Start *work*: a coroutine, or a callable that runs in the threads of *lane*.

        *busy* is disabled until it ends. *success* is what the toast says, or is called with the result in the UI
        thread and may return what the toast says. *refreshes* names what the work changed. *on_error* takes a user
        facing error instead of the window, for forms and pages that show it in place.
        """
        task = self._start(lambda: self._finish(lambda: self._result(work, lane), success, refreshes), busy, on_error)
        if isinstance(work, Coroutine):
            # Cancelled before its first step it was never begun, of which Python would complain.
            task.add_done_callback(lambda _: work.close())
        return task

    def run_with_progress(
        self,
        work: LongWork[T],
        *,
        title: str,
        busy: QWidget | None = None,
        success: Success[T] | None = None,
        refreshes: Iterable[str] = (),
        on_error: Callable[[UserFacingError], object] | None = None,
        lane: Lane = Lane.WRITE,
        shown_by: Callable[[Job], object] | None = None,
    ) -> Job:
        """Start long *work*, called as `work(report, cancel)`; it says how far it is and can be cancelled.

        *shown_by* is handed the `Job` to display it (a bar in the page); without it the window opens a sheet.
        """
        job = Job(title, self)
        self._jobs.add(job)

        async def follow() -> None:
            try:
                await self._finish(lambda: self._long_result(work, job, lane), success, refreshes)
            finally:
                self._jobs.discard(job)
                job.finished.emit()
                job.deleteLater()

        (shown_by or self.started.emit)(job)
        self._start(follow, busy, on_error)
        return job

    async def read(self, query: Callable[[], T]) -> T:
        """Run *query* in a reader thread and wait for it; for `Page.load` and other coroutines."""
        return await self._result(query, Lane.READ)

    def start_read(self, query: Callable[[], T]) -> Future[T]:
        """Start *query* in a reader thread; for item models, which wait a few milliseconds for it while painting."""
        return self._lanes[Lane.READ].submit(query)

    async def write(self, change: Callable[[], T]) -> T:
        """Run *change* in the one writer thread and wait for it."""
        return await self._result(change, Lane.WRITE)

    def announce(self, *things: str) -> None:
        """Tell the pages that *things* changed by another way than `run` (the agent, another program)."""
        self.changed.emit(frozenset(things))

    @property
    def is_idle(self) -> bool:
        return not self._tasks

    async def drain(self) -> None:
        """Cancel what runs, wait until it has stopped, and free the threads. What is begun after that does nothing.

        Called by shutdown; safe to call twice.
        """
        self._is_over = True
        for job in self._jobs:
            job.cancel()
        me = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not me]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for executor in self._lanes.values():
            # A started write is finished, not torn; it cannot be interrupted anyway.
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    def _start(
        self,
        steps: Callable[[], Coroutine[Any, Any, None]],
        busy: QWidget | None,
        on_error: Callable[[UserFacingError], object] | None,
    ) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._guard(steps, busy, on_error))
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(
        self,
        steps: Callable[[], Coroutine[Any, Any, None]],
        busy: QWidget | None,
        on_error: Callable[[UserFacingError], object] | None,
    ) -> None:
        if self._is_over:
            return
        with _disabled(busy):
            try:
                await steps()
            except Cancelled:
                return
            except UserFacingError as error:
                log.info("shown to the user: %s", error)
                (on_error or self.failed.emit)(error)
            except Exception:  # noqa: BLE001 - a bug: same door as an exception in a slot
                sys.excepthook(*sys.exc_info())

    async def _finish(
        self, result: Callable[[], Coroutine[Any, Any, T]], success: Success[T] | None, refreshes: Iterable[str]
    ) -> None:
        value = await result()
        things = frozenset(refreshes)
        if things:
            self.changed.emit(things)
        message = success(value) if callable(success) else success
        if message:
            self.notified.emit(Toast(message) if isinstance(message, str) else message)

    async def _result(self, work: Work[T], lane: Lane) -> T:
        if isinstance(work, Coroutine):
            return await work
        return await asyncio.get_running_loop().run_in_executor(self._lanes[lane], work)

    async def _long_result(self, work: LongWork[T], job: Job, lane: Lane) -> T:
        if inspect.iscoroutinefunction(work):
            return cast("T", await work(job.report, job.token))
        call = cast("Callable[[Report, CancelToken], T]", work)
        return await self._result(lambda: call(job.report, job.token), lane)


@contextmanager
def _disabled(widget: QWidget | None) -> Iterator[None]:
    """Disable *widget* meanwhile; give back the focus it loses by that, unless the user moved on."""
    if widget is None or not widget.isEnabled():
        yield
        return
    had_focus = widget.hasFocus()
    widget.setEnabled(False)
    try:
        yield
    finally:
        if shiboken6.isValid(widget):
            widget.setEnabled(True)
            if had_focus and QApplication.focusWidget() is None:
                widget.setFocus()
