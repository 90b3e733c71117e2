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
from app.models.database import WorkspaceUnavailable
from app.models.group_writer import GroupWriter
from app.models.states import DispatchState, Wish
from app.models.tables import Account, Dispatch
from app.models.workspace import Workspace
from app.sending import accounts, outbox
from app.sending.compose import Composer
from app.sending.lanes import Lanes
from app.sending.plan import freeze
from app.sending.runner import DispatchRunner

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
"""How often the engine asks SQLite whether anybody has written: `PRAGMA data_version`, ten microseconds."""
PATIENCE_S = 30.0
"""How long what is on its way may take when the engine stops; what has no answer by then is in doubt.

RFC 5321 would wait ten minutes, but whoever ends a process or turns a computer off does not.
"""
_NEVER = timedelta(days=365)
_FAULT = "The program failed at this campaign; the other campaigns go on. The log tells why."


@dataclass(frozen=True)
class _Seen:
    """A dispatch as the workspace has it now, and the settings of its account."""

    id: int
    account_id: int
    state: DispatchState
    wish: Wish
    due_at: datetime
    note: str
    account: tuple[object, ...]


@dataclass
class _Running:
    runner: DispatchRunner
    task: asyncio.Task[None]
    note: str
    account: tuple[object, ...]


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
            WorkspaceUnavailable: the workspace cannot be written. What could not be settled is in doubt then.
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
        tasks = {running.task for running in self._running.values()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=PATIENCE_S)
        for task in late:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A dispatch could not be finished: %s", result)

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
            try:
                await self._advance(dispatch, now)
            except WorkspaceUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  one campaign must not keep the others from going out
                await self._stop_short(dispatch, error)

    async def _stop_short(self, dispatch: _Seen, error: Exception) -> None:
        """Halt a dispatch that made the program or its own content fail."""
        problem = str(error)
        if not isinstance(error, UserFacingError):
            logger.error("Dispatch %d failed.", dispatch.id, exc_info=error)
            problem = _FAULT
        await self._writer.write(partial(_halt, dispatch_id=dispatch.id, problem=problem))
        await self._writer.write(lambda session: outbox.recover(session, dispatch.id))

    def _read_dispatches(self) -> "list[_Seen]":
        with self._workspace.read() as session:
            return list(_open_dispatches(session))

    async def _advance(self, dispatch: _Seen, now: datetime) -> None:
        running = self._running.get(dispatch.id)
        if running is not None:
            if dispatch.wish is not Wish.RUN or dispatch.account != running.account:
                running.runner.stop()
            return
        if dispatch.wish is Wish.CANCEL:
            await self._writer.write(lambda session: outbox.cancel_open(session, dispatch.id))
        elif dispatch.wish is Wish.RUN:
            if dispatch.state is DispatchState.PLANNED:
                if dispatch.due_at > now:
                    self._next_look = min(self._next_look, dispatch.due_at)
                    return
                if not await asyncio.to_thread(freeze, self._workspace, dispatch.id):
                    return
            await self._send(dispatch, now)

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
        composer = await asyncio.to_thread(Composer.of_dispatch, self._workspace, dispatch.id)
        lane = self._lanes.get(dispatch.account_id)
        runner = DispatchRunner(self._workspace, self._writer, lane, composer, dispatch_id=dispatch.id, rng=self._rng)
        task = asyncio.get_running_loop().create_task(self._drive(dispatch, runner))
        self._running[dispatch.id] = _Running(runner, task, dispatch.note, dispatch.account)

    async def _drive(self, dispatch: _Seen, runner: DispatchRunner) -> None:
        logger.info("Dispatch %d begins or goes on.", dispatch.id)
        try:
            await runner.run()
            if runner.trouble:
                await self._writer.write(
                    partial(_halt, dispatch_id=dispatch.id, problem=runner.trouble, account_id=dispatch.account_id)
                )
            await self._writer.write(partial(_put_down, dispatch_id=dispatch.id))
        except WorkspaceUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one campaign must not keep the others from going out
            await self._stop_short(dispatch, error)
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
    settings = (
        Account.host, Account.port, Account.tls, Account.username, Account.per_second, Account.per_minute,
        Account.per_hour, Account.per_day, Account.connections, Account.messages_per_connection,
    )  # fmt: skip
    rows = session.execute(
        select(
            Dispatch.id, Dispatch.account_id, Dispatch.state, Dispatch.wish, Dispatch.due_at, Dispatch.note, *settings
        )
        .join(Account)
        .where(Dispatch.state.in_((DispatchState.PLANNED, DispatchState.SENDING)))
        .order_by(Dispatch.id)
    )
    for row_id, account_id, state, wish, due_at, note, *account in rows:
        yield _Seen(row_id, account_id, state, wish, due_at, note, tuple(account))


def _halt(session: Session, *, dispatch_id: int, problem: str, account_id: int | None = None) -> None:
    """Stop a dispatch until the user has dealt with *problem*, which *account_id* names if it is the account's.

    Who has cancelled it meanwhile need not.
    """
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.wish != Wish.CANCEL)
        .values(wish=Wish.PAUSE, problem=problem, note="")
    )
    if account_id is not None:
        accounts.note_problem(session, account_id, problem)


def _note(session: Session, *, dispatch_id: int, note: str) -> None:
    session.execute(update(Dispatch).where(Dispatch.id == dispatch_id).values(note=note))


def _put_down(session: Session, dispatch_id: int) -> None:
    """Nobody sends the dispatch any more, for now or for good, even if it was paused at its last message."""
    _note(session, dispatch_id=dispatch_id, note="")
    outbox.finish_if_done(session, dispatch_id)
