"""The engine: sees what the user wants in the workspace, and brings every dispatch there."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.database import WorkspaceUnavailable
from app.models.group_writer import GroupWriter
from app.models.states import DispatchState, Wish
from app.models.workspace import Workspace
from app.sending import breaker, dispatches, outbox
from app.sending.compose import Composer
from app.sending.dispatches import OpenDispatch, RouteInfo
from app.sending.lanes import Lanes
from app.sending.letters import read_letter
from app.sending.plan import freeze
from app.sending.runner import DispatchRunner, Route
from app.sending.throttle import Limits, Throttle

T = TypeVar("T")

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.1
"""How often the engine asks SQLite whether anybody has written: `PRAGMA data_version`, ten microseconds."""
PATIENCE_S = 30.0
"""How long what is on its way may take when the engine stops; what has no answer by then is in doubt.

RFC 5321 would wait ten minutes, but whoever ends a process or turns a computer off does not.
"""
_EVENTS_EVERY = timedelta(seconds=5)
_NEVER = timedelta(days=365)
_FAULT = "The program failed at this campaign; the other campaigns go on. The log tells why."


@dataclass
class _Running:
    runner: DispatchRunner
    task: asyncio.Task[None]
    note: str
    settings: tuple[object, ...]


class Engine:
    """Sends what is due, obeys the wishes, and writes down what happened. The agent runs one per workspace."""

    def __init__(
        self,
        workspace: Workspace,
        writer: GroupWriter,
        lanes: Lanes,
        *,
        rng: random.Random,
        agent_id: int | None = None,
    ) -> None:
        """*agent_id* names this agent where several share the workspace."""
        self._workspace = workspace
        self._writer = writer
        self._lanes = lanes
        self._rng = rng
        self._agent_id = agent_id
        self._running: dict[int, _Running] = {}
        self._freezing: dict[int, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._look_again = True
        self._next_look = self._next_events = utcnow()
        self.is_idle = False

    async def run(self) -> None:
        """Work until `stop`; then nothing is taken any more and what is on its way is finished.

        Raises:
            WorkspaceUnavailable: the workspace cannot be written. What could not be settled is in doubt then.
        """
        in_doubt = await self._writer.write(partial(outbox.recover, agent_id=self._agent_id))
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
                await self._look_at_events()
                await self._lanes.save_paces(self._writer)
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
        await asyncio.gather(*self._freezing.values(), return_exceptions=True)
        tasks = [running.task for running in self._running.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=PATIENCE_S)
            if late:
                await self._lanes.abort()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                logger.error("A dispatch could not be finished: %s", result)
        await self._lanes.close()

    async def _look(self) -> None:
        """Compare what the workspace wants with what is running, and act on the difference."""
        for dispatch_id, running in list(self._running.items()):
            if running.task.done():
                del self._running[dispatch_id]
                running.task.result()
        for dispatch_id, freezing in list(self._freezing.items()):
            if freezing.done():
                del self._freezing[dispatch_id]
                freezing.result()
        now = utcnow()
        self._next_look = now + _NEVER
        wanted = await asyncio.to_thread(self._read, dispatches.open_dispatches)
        self.is_idle = not any(dispatch.wish is Wish.RUN for dispatch in wanted) and not self._running
        for dispatch in wanted:
            try:
                await self._advance(dispatch, now)
            except WorkspaceUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  one campaign must not keep the others from going out
                await self._stop_short(dispatch.id, error)

    async def _stop_short(self, dispatch_id: int, error: Exception) -> None:
        """Halt a dispatch that made the program or its own content fail."""
        problem = str(error)
        if not isinstance(error, UserFacingError):
            logger.error("Dispatch %d failed.", dispatch_id, exc_info=error)
            problem = _FAULT
        await self._writer.write(lambda session: dispatches.halt(session, dispatch_id, problem))
        await self._writer.write(lambda session: outbox.recover(session, dispatch_id, agent_id=self._agent_id))

    def _read(self, query: Callable[[Session], T]) -> T:
        with self._workspace.read() as session:
            return query(session)

    async def _advance(self, dispatch: OpenDispatch, now: datetime) -> None:
        if dispatch.id in self._freezing:
            return
        running = self._running.get(dispatch.id)
        if running is not None:
            if dispatch.wish is not Wish.RUN or dispatch.settings != running.settings:
                running.runner.stop()
            return
        if dispatch.wish is Wish.CANCEL:
            await self._writer.write(lambda session: outbox.cancel_open(session, dispatch.id))
        elif dispatch.wish is Wish.RUN:
            if dispatch.state is DispatchState.PLANNED:
                if dispatch.due_at > now:
                    self._next_look = min(self._next_look, dispatch.due_at)
                    return
                self._freezing[dispatch.id] = asyncio.get_running_loop().create_task(self._freeze(dispatch.id))
            else:
                await self._send(dispatch, now)

    async def _freeze(self, dispatch_id: int) -> None:
        """Write down the audience, however long it takes, while the others go on."""
        try:
            await asyncio.to_thread(freeze, self._workspace, dispatch_id)
        except WorkspaceUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one campaign must not keep the others from going out
            await self._stop_short(dispatch_id, error)
        finally:
            self._look_again = True

    async def _send(self, dispatch: OpenDispatch, now: datetime) -> None:
        left = await asyncio.to_thread(self._read, lambda session: outbox.work(session, dispatch.id, now))
        if left.is_ready:
            await self._start(dispatch)
        elif left.next_retry is not None:
            self._next_look = min(self._next_look, left.next_retry)
        else:
            await self._writer.write(lambda session: outbox.finish_if_done(session, dispatch.id))

    async def _start(self, dispatch: OpenDispatch) -> None:
        plan = await asyncio.to_thread(self._read, lambda session: dispatches.plan_of(session, dispatch.id))
        able = [route for route in plan.routes if not route.problem]
        if not able:
            problem = next((route.problem for route in plan.routes), "Its account was removed.")
            await self._writer.write(lambda session: dispatches.halt(session, dispatch.id, problem))
            return
        runner = DispatchRunner(
            self._workspace,
            self._writer,
            [await self._route(plan.dispatch_id, route) for route in able],
            plan=plan,
            rng=self._rng,
            hours=Throttle(Limits(), clock=self._lanes.clock, usage=plan.usage, window=plan.window),
            agent_id=self._agent_id,
        )
        task = asyncio.get_running_loop().create_task(self._drive(dispatch.id, runner))
        self._running[dispatch.id] = _Running(runner, task, dispatch.note, dispatch.settings)

    async def _route(self, dispatch_id: int, route: RouteInfo) -> Route:
        letter = await asyncio.to_thread(read_letter, self._workspace, dispatch_id, route.identity_id)
        composer = await asyncio.to_thread(Composer, letter)
        return Route(self._lanes.get(route.account_id), route.identity_id, letter, composer, route.weight)

    async def _drive(self, dispatch_id: int, runner: DispatchRunner) -> None:
        logger.info("Dispatch %d begins or goes on.", dispatch_id)
        try:
            await runner.run()
            troubles = {route.lane.account_id: route.trouble for route in runner.routes if route.trouble}
            await self._writer.write(
                lambda session: dispatches.put_down(
                    session, dispatch_id, runner.trouble, troubles, agent_id=self._agent_id
                )
            )
        except WorkspaceUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one campaign must not keep the others from going out
            await self._stop_short(dispatch_id, error)
        finally:
            self._look_again = True
        logger.info("Dispatch %d rests: %s", dispatch_id, runner.trouble or "nothing more to do now")

    async def _write_notes(self) -> None:
        """Tell the user why nothing goes out for the moment, when that has changed."""
        for dispatch_id, running in self._running.items():
            note = running.runner.note
            if note != running.note and not running.task.done():
                running.note = note
                await self._writer.write(partial(dispatches.note, dispatch_id=dispatch_id, text=note))

    async def _look_at_events(self) -> None:
        """See, now and then, what came back about the dispatches on their way."""
        if not self._running or (now := utcnow()) < self._next_events:
            return
        self._next_events = now + _EVENTS_EVERY
        for dispatch_id, running in self._running.items():
            seen, since = running.runner.events, running.runner.counted_since
            events = await asyncio.to_thread(
                self._read, partial(breaker.counts, dispatch_id=dispatch_id, since=since, seen=seen)
            )
            running.runner.see_if_tripped(events)
