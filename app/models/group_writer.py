"""Many small writes, few commits: one thread runs all that is waiting in one transaction.

A commit that survives a power cut costs an fsync, 0.2 to 5 ms. Whoever writes while another commit is under way joins
the next one, so the groups grow by themselves exactly when the disk is slow. And writes that follow each other closely
wait for one another a little: the processor's share of a commit does not depend on how many are in it.
"""

import asyncio
import contextlib
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.models.database import Database, WorkspaceBusy, WorkspaceContended

T = TypeVar("T")

LINGER_S = 0.008
"""Commits are at least so far apart. Who writes after a pause waits for nothing."""
_MAX_GROUP = 200
_TRIES = 5
"""How often a write is run that another transaction made give in (a deadlock, on a server)."""
_STEP_ASIDE_S = 0.02


@dataclass(frozen=True)
class _Write:
    work: Callable[[Session], Any]
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Any]

    def resolve(self, value: Any) -> None:
        self._tell(lambda: self.result.set_result(value))

    def fail(self, error: BaseException) -> None:
        # A future takes no StopIteration, and its caller would wait for ever.
        told = RuntimeError("a write ran out of items") if isinstance(error, StopIteration) else error
        self._tell(lambda: self.result.set_exception(told))

    def _tell(self, set_outcome: Callable[[], None]) -> None:
        def unless_cancelled() -> None:
            if not self.result.done():
                set_outcome()

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(unless_cancelled)


class GroupWriter:
    """Runs writes in one thread, as many as are waiting in one transaction.

    A write that fails takes none of its neighbours with it: the group is rolled back and each is then run alone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="group-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run *work* in a transaction, and return what it returned once that is committed.

        Raises:
            WorkspaceUnavailable: the environment's fault; *work* changed nothing.
            BaseException: whatever *work* raised; it changed nothing.
            RuntimeError: the writer is closed.
        """
        if self._is_closed:
            raise RuntimeError("the writer is closed")
        loop = asyncio.get_running_loop()
        write = _Write(work, loop, loop.create_future())
        self._waiting.put(write)
        result: T = await write.result
        return result

    async def close(self) -> None:
        """Commit what is waiting, then end the thread; safe to call twice."""
        if not self._is_closed:
            self._is_closed = True
            self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        next_at = 0.0
        while (first := self._waiting.get()) is not None:
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at = time.monotonic() + LINGER_S
            group = [first]
            is_last = False
            while len(group) < _MAX_GROUP and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    is_last = True
                    break
                group.append(following)
            self._commit(group)
            if is_last:
                return

    def _commit(self, group: list[_Write], tries_left: int = _TRIES - 1) -> None:
        try:
            with self._database.write() as session:
                results = [write.work(session) for write in group]
        except WorkspaceContended as error:
            if not tries_left:
                group[0].fail(error)
                return
            # Alone they lock less, and at other moments than who stood in the way.
            time.sleep(random.random() * _STEP_ASIDE_S)  # noqa: S311  no secret
            for write in group:
                self._commit([write], tries_left - 1)
            return
        except BaseException as error:  # noqa: BLE001  the caller who is awaiting it gets it
            # Who waited in vain for others to be done writing need not wait again for each of the group.
            if len(group) == 1 or isinstance(error, WorkspaceBusy):
                for write in group:
                    write.fail(error)
                return
            for write in group:
                self._commit([write])
            return
        for write, result in zip(group, results, strict=True):
            write.resolve(result)
