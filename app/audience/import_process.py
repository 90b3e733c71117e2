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
from app.audience.importer import run_import
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
    dry_run: bool


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


_Message = _Progress | _Refusal | _Fault | _CancelledThere | ImportReport
# A pipe's two types, what goes in and what comes out, are known to the type checker alone.
_OurEnd: TypeAlias = "Connection[_Job | None, _Message]"
_TheirEnd: TypeAlias = "Connection[_Message, _Job | None]"


class ImportProcess:
    """One import at work. Nothing of it blocks the event loop.

    `multiprocessing.freeze_support()` must have been called in the program's main module.
    """

    def __init__(self, job: _Job, on_progress: Callable[[int, int | None], None]) -> None:
        self._job = job
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._shall_stop = threading.Event()
        self._process: BaseProcess | None = None
        self._task = asyncio.create_task(asyncio.to_thread(self._supervise))

    @classmethod
    def start(
        cls,
        workspace: Workspace,
        plan: ImportPlan,
        *,
        dry_run: bool = False,
        on_progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    ) -> "ImportProcess":
        """Begin; to be called on the event loop.

        Args:
            on_progress: Called on the event loop, at most ten times a second, as in `run_import`.
        """
        return cls(_Job(workspace.location, workspace.key, plan, dry_run), on_progress)

    @property
    def pid(self) -> int | None:
        """The number of the process, once it runs."""
        return self._process.pid if self._process else None

    def cancel(self) -> None:
        """Make it stop; `result` then raises Cancelled, unless the import was done already."""
        self._shall_stop.set()

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
        while True:
            if self._shall_stop.is_set():
                if told_at is None:
                    told_at = time.monotonic()
                    pipe.send(None)
                elif time.monotonic() - told_at > _PATIENCE_S:
                    process.kill()
            if not pipe.poll(_LOOK_S):
                continue
            match pipe.recv():
                case _Progress(done, total):
                    self._loop.call_soon_threadsafe(self._on_progress, done, total)
                case _Refusal(title, hint, detail):
                    raise UserFacingError(title, hint, detail=detail)
                case _CancelledThere():
                    raise Cancelled
                case _Fault(trace):
                    raise ImportFailed(trace)
                case ImportReport() as report:
                    return report


def _serve(pipe: _TheirEnd) -> None:
    """The whole life of the other process."""
    # Ctrl+C in a terminal reaches both; the app decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An import makes no cycles worth collecting, and looking for them takes an eighth of its time.
    gc.disable()
    try:
        job = pipe.recv()
        if job is not None:
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
            return run_import(workspace, job.plan, progress=progress, is_cancelled=pipe.poll, dry_run=job.dry_run)
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
