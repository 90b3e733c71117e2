"""An import in a process of its own.

In a thread it would take the interpreter from the window again and again: the slowest frame of the grid took 92–272 ms
beside an import thread, 27–32 ms beside an import process (22–28 ms alone).
"""

import asyncio
import gc
import multiprocessing
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from app.audience.import_plan import ImportPlan, ImportReport
from app.audience.importer import prepare_import
from app.errors import Cancelled, UserFacingError
from app.models.keys import WorkspaceKey
from app.models.location import Location
from app.models.workspace import Workspace

_LOOK_S = 0.1
_PATIENCE_S = 5.0


class ImportDied(UserFacingError):
    """The process was killed, by the system when memory ran out, or by somebody."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            "The import stopped before it was finished; nothing was changed.",
            "Close other programs and try again. A very large workbook needs less memory as CSV.",
            detail=f"exit code {exit_code}",
        )


class ImportFailed(Exception):
    """A fault of the program in the other process; the message is its traceback."""


@dataclass(frozen=True)
class _Job:
    """All the other process needs. It travels through a pipe, so no list of processes ever shows the key."""

    location: Location
    key: WorkspaceKey
    plan: ImportPlan
    asks_first: bool


@dataclass(frozen=True)
class _Progress:
    done: int
    total: int | None


@dataclass(frozen=True)
class _Refusal:
    """A UserFacingError, in parts: its subclasses do not survive the journey between processes."""

    title: str
    hint: str
    detail: str


@dataclass(frozen=True)
class _Fault:
    trace: str


class _CancelledThere:
    """The other process noticed that it shall stop, and did."""


class _GoAhead:
    """The user has seen the forecast, and wants it done."""


@dataclass(frozen=True)
class _Forecast:
    report: ImportReport


_Message = _Progress | _Refusal | _Fault | _CancelledThere | _Forecast | ImportReport
# A pipe's two types, what goes in and what comes out, are known to the type checker alone.
_OurEnd: TypeAlias = "Connection[_Job | _GoAhead | None, _Message]"
_TheirEnd: TypeAlias = "Connection[_Message, _Job | _GoAhead | None]"


class ImportProcess:
    """One import at work. Nothing of it blocks the event loop.

    `multiprocessing.freeze_support()` must have been called in the program's main module.
    """

    def __init__(self, job: _Job, on_progress: Callable[[int, int | None], None]) -> None:
        self._job = job
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._shall_stop = threading.Event()
        self._may_store = threading.Event()
        self._forecast: asyncio.Future[ImportReport] = self._loop.create_future()
        self._process: BaseProcess | None = None
        self._task = asyncio.create_task(asyncio.to_thread(self._supervise))
        self._task.add_done_callback(self._pass_on)

    @classmethod
    def start(
        cls,
        workspace: Workspace,
        plan: ImportPlan,
        *,
        asks_first: bool = False,
        on_progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    ) -> "ImportProcess":
        """Begin; to be called on the event loop.

        Args:
            asks_first: Wait after the forecast until `commit` is called, with what was read.
            on_progress: Called on the event loop, at most ten times a second, as in `run_import`.
        """
        return cls(_Job(workspace.location, workspace.key, plan, asks_first), on_progress)

    @property
    def pid(self) -> int | None:
        """The number of the process, once it runs."""
        return self._process.pid if self._process else None

    def cancel(self) -> None:
        """Make it stop; `result` then raises Cancelled, unless the import was done already."""
        self._shall_stop.set()

    async def forecast(self) -> ImportReport:
        """What the import would do, once the file is read; for one that asks first.

        Raises:
            What `result` raises.
        """
        try:
            return await asyncio.shield(self._forecast)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait([self._task])
            raise

    def commit(self) -> None:
        """Do what was forecast, without reading the file again."""
        self._may_store.set()

    async def result(self) -> ImportReport:
        """Wait for the end. If the waiting task is cancelled, so is the import.

        Raises:
            Cancelled: `cancel` was called.
            ImportDied: the process was killed.
            UserFacingError: what `run_import` raises.
            ImportFailed: a fault of the program.

        In each of these cases the workspace is as it was.
        """
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait([self._task])
            raise

    def _pass_on(self, task: "asyncio.Task[ImportReport]") -> None:
        """Whoever waits for the forecast learns that there will be none."""
        error = None if task.cancelled() else task.exception()
        if self._forecast.done():
            return
        if error is None:
            self._forecast.cancel()
        else:
            self._forecast.set_exception(error)
            # Nobody need be waiting for it.
            self._forecast.exception()

    def _take_forecast(self, report: ImportReport) -> None:
        if not self._forecast.done():
            self._forecast.set_result(report)

    def _supervise(self) -> ImportReport:
        """In a thread: start the process, pass on what it says, and see to its end."""
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        self._process = process = spawn.Process(target=_serve, args=(theirs,), name="import", daemon=True)
        process.start()
        theirs.close()
        try:
            with ours:
                ours.send(self._job)
                return self._listen(ours, process)
        except (EOFError, ConnectionError) as error:
            process.join()
            if self._shall_stop.is_set():
                raise Cancelled from error
            raise ImportDied(process.exitcode) from error
        finally:
            process.join(_PATIENCE_S)
            if process.is_alive():
                process.kill()
                process.join()

    def _listen(self, pipe: _OurEnd, process: BaseProcess) -> ImportReport:
        told_at: float | None = None
        is_waiting = False
        while True:
            if self._shall_stop.is_set():
                told_at = self._stop(pipe, process, told_at)
            elif is_waiting and self._may_store.is_set():
                is_waiting = False
                pipe.send(_GoAhead())
            if not pipe.poll(_LOOK_S):
                continue
            match pipe.recv():
                case _Progress(done, total):
                    self._loop.call_soon_threadsafe(self._on_progress, done, total)
                case _Forecast(report):
                    is_waiting = True
                    self._loop.call_soon_threadsafe(self._take_forecast, report)
                case ImportReport() as report:
                    return report
                case other:
                    raise _as_error(other)

    def _stop(self, pipe: _OurEnd, process: BaseProcess, told_at: float | None) -> float:
        """Tell the process to stop, and end it if it does not; since when it has been told."""
        if told_at is None:
            pipe.send(None)
            return time.monotonic()
        if time.monotonic() - told_at > _PATIENCE_S:
            process.kill()
        return told_at


def _as_error(message: _Refusal | _Fault | _CancelledThere) -> Exception:
    match message:
        case _Refusal(title, hint, detail):
            return UserFacingError(title, hint, detail=detail)
        case _Fault(trace):
            return ImportFailed(trace)
        case _CancelledThere():
            return Cancelled()


def _serve(pipe: _TheirEnd) -> None:
    """The whole life of the other process."""
    # Ctrl+C in a terminal reaches both; the app decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An import makes no cycles worth collecting, and looking for them takes an eighth of its time.
    gc.disable()
    try:
        job = pipe.recv()
        if isinstance(job, _Job):
            pipe.send(_answer(job, pipe))
    except (EOFError, ConnectionError):
        # The app is gone, and the import with it: nothing was committed.
        return
    finally:
        pipe.close()


def _answer(job: _Job, pipe: _TheirEnd) -> _Message:
    last_told = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal last_told
        if done == total or time.monotonic() - last_told >= _LOOK_S:
            last_told = time.monotonic()
            pipe.send(_Progress(done, total))

    try:
        workspace = Workspace.open(job.location, job.key)
        try:
            # Anything to be received, the word to stop as well as the end of the pipe, means stop.
            with prepare_import(workspace, job.plan, progress=progress, is_cancelled=pipe.poll) as prepared:
                if job.asks_first:
                    pipe.send(_Forecast(prepared.forecast()))
                    if not isinstance(pipe.recv(), _GoAhead):
                        return _CancelledThere()
                return prepared.commit()
        finally:
            workspace.close()
    except Cancelled:
        return _CancelledThere()
    except UserFacingError as error:
        return _Refusal(error.title, error.hint, error.detail)
    except (EOFError, ConnectionError):
        raise
    except Exception:  # noqa: BLE001  whatever it is, it belongs into the crash dialog of the app
        return _Fault(traceback.format_exc())
