"""The engine: sees what the user wants in the workspace, and brings every dispatch there."""

import asyncio
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.group_writer import GroupWriter
from app.models.states import DispatchState, Wish
from app.models.tables import Dispatch
from app.models.workspace import Workspace
from app.sending import accounts, outbox
from app.sending.compose import Composer
from app.sending.lanes import Lanes
from app.sending.plan import freeze
from app.sending.runner import DispatchRunner

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
"""How often the engine asks SQLite whether anybody has written: `PRAGMA data_version`, ten microseconds."""
_NEVER = timedelta(days=365)


@dataclass(frozen=True)
class _Seen:
    """A dispatch as the workspace has it now."""

    id: int
    account_id: int
    state: DispatchState
    wish: Wish
    due_at: datetime
    started_at: datetime
    note: str


@dataclass
class _Running:
    runner: DispatchRunner
    task: asyncio.Task[None]
    note: str


class Engine:
    """Sends what is due, obeys the wishes, and writes down what happened. The agent runs one per workspace."""

    def __init__(self, workspace: Workspace, writer: GroupWriter, lanes: Lanes, *, rng: random.Random) -> None:
        self._workspace = workspace
        self._writer = writer
        self._lanes = lanes
        self._rng = rng
        self._running: dict[int, _Running] = {}
        self._stopping = asyncio.Event()
        self._look_again = True
        self._next_look = utcnow()
        self.is_idle = False

    async def run(self) -> None:
        """Work until `stop`; then nothing is taken any more and what is on its way is finished.

        Raises:
            Exception: the workspace cannot be written, or a fault of the program. What was under way is in doubt then.
        """
        in_doubt = await self._writer.write(outbox.recover)
        if in_doubt:
            logger.warning("%d messages are in doubt after a crash; they are not sent again by themselves.", in_doubt)
        version = -1
        try:
            while not self._stopping.is_set():
                current = self._workspace.database.data_version()
                if current != version or self._look_again or utcnow() >= self._next_look:
                    version, self._look_again = current, False
                    await self._look()
                await self._write_notes()
                await self._rest()
        finally:
            await self._wind_down()

    def stop(self) -> None:
        """Begin to stop."""
        self._stopping.set()
        for running in self._running.values():
            running.runner.stop()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), LOOK_EVERY_S)
        except TimeoutError:
            return

    async def _wind_down(self) -> None:
        self.stop()
        tasks = [running.task for running in self._running.values()]
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                logger.error("A dispatch ended badly.", exc_info=result)

    async def _look(self) -> None:
        """Compare what the workspace wants with what is running, and act on the difference."""
        for dispatch_id, running in list(self._running.items()):
            if running.task.done():
                del self._running[dispatch_id]
                running.task.result()
        now = utcnow()
        self._next_look = now + _NEVER
        dispatches = await asyncio.to_thread(self._read_dispatches)
        self.is_idle = not any(dispatch.wish is Wish.RUN for dispatch in dispatches) and not self._running
        for dispatch in dispatches:
            await self._advance(dispatch, now)

    def _read_dispatches(self) -> "list[_Seen]":
        with self._workspace.read() as session:
            return list(_open_dispatches(session))

    async def _advance(self, dispatch: _Seen, now: datetime) -> None:
        running = self._running.get(dispatch.id)
        if dispatch.wish is not Wish.RUN:
            if running is not None:
                running.runner.stop()
            elif dispatch.wish is Wish.CANCEL:
                await self._writer.write(lambda session: outbox.cancel_open(session, dispatch.id))
            return
        if running is not None:
            return
        if dispatch.state is DispatchState.PLANNED:
            if dispatch.due_at > now:
                self._next_look = min(self._next_look, dispatch.due_at)
                return
            if not await self._freeze(dispatch.id):
                return
        await self._send(dispatch, now)

    async def _freeze(self, dispatch_id: int) -> bool:
        try:
            return await asyncio.to_thread(freeze, self._workspace, dispatch_id)
        except UserFacingError as error:
            await self._writer.write(partial(_halt, dispatch_id=dispatch_id, problem=str(error)))
            return False

    async def _send(self, dispatch: _Seen, now: datetime) -> None:
        work = await asyncio.to_thread(self._read_work, dispatch.id, now)
        if work.is_ready:
            await self._start(dispatch)
        elif work.next_retry is not None:
            self._next_look = min(self._next_look, work.next_retry)
        else:
            await self._writer.write(lambda session: outbox.finish_if_done(session, dispatch.id))

    def _read_work(self, dispatch_id: int, now: datetime) -> outbox.Work:
        with self._workspace.read() as session:
            return outbox.work(session, dispatch_id, now)

    async def _start(self, dispatch: _Seen) -> None:
        try:
            composer = await asyncio.to_thread(Composer.of_dispatch, self._workspace, dispatch.id)
            lane = self._lanes.get(dispatch.account_id)
        except UserFacingError as error:
            await self._writer.write(partial(_halt, dispatch_id=dispatch.id, problem=str(error)))
            return
        runner = DispatchRunner(
            self._workspace,
            self._writer,
            lane,
            composer,
            dispatch_id=dispatch.id,
            started_at=dispatch.started_at,
            rng=self._rng,
        )
        task = asyncio.get_running_loop().create_task(self._drive(dispatch, runner))
        self._running[dispatch.id] = _Running(runner, task, dispatch.note)

    async def _drive(self, dispatch: _Seen, runner: DispatchRunner) -> None:
        logger.info("Dispatch %d begins or goes on.", dispatch.id)
        try:
            await runner.run()
            if runner.trouble:
                await self._writer.write(
                    partial(_halt, dispatch_id=dispatch.id, problem=runner.trouble, account_id=dispatch.account_id)
                )
        finally:
            self._look_again = True
        logger.info("Dispatch %d rests: %s", dispatch.id, runner.trouble or "nothing more to do now")

    async def _write_notes(self) -> None:
        """Tell the user why nothing goes out for the moment, when that has changed."""
        for dispatch_id, running in self._running.items():
            note = running.runner.note
            if note != running.note:
                running.note = note
                await self._writer.write(partial(_note, dispatch_id=dispatch_id, note=note))


def _open_dispatches(session: Session) -> Iterator[_Seen]:
    rows = session.scalars(
        select(Dispatch).where(Dispatch.state.in_((DispatchState.PLANNED, DispatchState.SENDING))).order_by(Dispatch.id)
    )
    for row in rows:
        yield _Seen(row.id, row.account_id, row.state, row.wish, row.due_at, row.started_at or utcnow(), row.note)


def _halt(session: Session, *, dispatch_id: int, problem: str, account_id: int | None = None) -> None:
    """Stop a dispatch until the user has dealt with *problem*, which *account_id* names if it is the account's."""
    session.execute(
        update(Dispatch).where(Dispatch.id == dispatch_id).values(wish=Wish.PAUSE, problem=problem, note="")
    )
    if account_id is not None:
        accounts.note_problem(session, account_id, problem)


def _note(session: Session, *, dispatch_id: int, note: str) -> None:
    session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(note=note))
