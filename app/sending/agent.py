"""The agent: the process that sends. It shares nothing with the app but the workspace."""

import asyncio
import contextlib
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

from app.models.group_writer import GroupWriter
from app.models.keys import WorkspaceKey
from app.models.workspace import Location, Workspace
from app.sending.engine import Engine
from app.sending.http_api import HttpApi
from app.sending.lanes import Lanes
from app.sending.lease import RENEW_EVERY_S, Lease, agent_lock
from app.sending.practice import PracticeServer
from app.sending.practice_inbox import PracticeInbox
from app.sending.throttle import SystemClock

logger = logging.getLogger(__name__)

_STDIN = 0
_NICENESS = 10
_LAST_LOOK_S = 2.0
"""How long the agent of a closed app stays idle before it ends."""


async def run_agent(
    workspace: Workspace,
    *,
    stop: asyncio.Event,
    app_is_gone: Callable[[], bool] = lambda: False,
    at_work: Callable[[], None] = lambda: None,
) -> None:
    """Send what is due in *workspace* until *stop*, or until the app is gone and nothing is left to do.

    *at_work* is called once this process is the agent.

    Raises:
        AgentAtWork: another agent does that already, or has taken over while this computer slept.
        WorkspaceUnavailable: the workspace cannot be written.
    """
    with agent_lock(workspace.location):
        async with _writer(workspace) as writer:
            lease = Lease(workspace.database.session_name)
            await writer.write(lease.take)
            at_work()
            server = PracticeServer(PracticeInbox(writer).accept)
            await server.start()
            lanes = Lanes(workspace, practice_port=lambda: server.port, clock=SystemClock())
            rng = random.Random()  # noqa: S311  spreads retries
            engine = Engine(workspace, writer, lanes, rng=rng, agent_id=lease.agent_id)
            try:
                api = HttpApi(workspace, writer)
                await _run(engine, _keep_lease(workspace, lease), api.keep(), _end(stop, engine, app_is_gone))
            finally:
                await server.stop()
                await writer.write(lease.give_back)


async def _run(engine: Engine, *conditions: Coroutine[object, object, None]) -> None:
    """Run *engine* until it fails or one of *conditions* is over, which stops it; raise what any of them raised."""
    working = asyncio.ensure_future(engine.run())
    watching = [asyncio.ensure_future(condition) for condition in conditions]
    try:
        await asyncio.wait([working, *watching], return_when=asyncio.FIRST_COMPLETED)
        engine.stop()
        await working
        for condition in watching:
            if condition.done():
                condition.result()
    finally:
        for task in (working, *watching):
            task.cancel()
        await asyncio.gather(working, *watching, return_exceptions=True)


def serve(
    location: Location, key: WorkspaceKey, *, leave_with_app: bool, at_work: Callable[[], None] = lambda: None
) -> None:
    """Run an agent on the workspace at *location* until the process is told to end.

    Args:
        leave_with_app: Standard input is a pipe from the app: when it closes, the app is gone, and the agent ends as
            soon as nothing is left to do.
        at_work: Called once this process is the agent.

    Raises:
        UserFacingError: see `run_agent`, `Workspace.open`.
    """
    if leave_with_app:
        _let_the_window_go_first()
    workspace = Workspace.open(location, key, durable=True)
    logger.info("The agent begins.")
    try:
        asyncio.run(_serve(workspace, leave_with_app=leave_with_app, at_work=at_work))
    finally:
        workspace.close()
        logger.info("The agent ends.")


def _let_the_window_go_first() -> None:
    """Give way to whoever works at this computer; on Windows the app starts its agent that way."""
    if sys.platform != "win32":
        os.nice(_NICENESS)


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM set *stop* rather than end this process in the middle of a message."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    # Windows knows no handlers on the loop; there the app closes the pipe and asks through the workspace.
    with contextlib.suppress(NotImplementedError):
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


async def _serve(workspace: Workspace, *, leave_with_app: bool, at_work: Callable[[], None]) -> None:
    stop, app_gone = asyncio.Event(), threading.Event()
    if leave_with_app:
        threading.Thread(target=_wait_for_end_of_input, args=(app_gone,), daemon=True, name="app-watch").start()
    with stopped_by_signals(stop):
        await run_agent(workspace, stop=stop, app_is_gone=app_gone.is_set, at_work=at_work)


def _wait_for_end_of_input(app_gone: threading.Event) -> None:
    # A thread, because asyncio on Windows cannot read a pipe it was started with; and past `sys.stdin`, whose lock a
    # thread that waits in it would hold when the interpreter ends, which aborts the process.
    with contextlib.suppress(OSError):
        while os.read(_STDIN, 1):
            continue
    app_gone.set()


@contextlib.asynccontextmanager
async def _writer(workspace: Workspace) -> AsyncIterator[GroupWriter]:
    writer = GroupWriter(workspace.database)
    try:
        yield writer
    finally:
        await writer.close()


async def _keep_lease(workspace: Workspace, lease: Lease) -> None:
    """Renew *lease* for ever; apart from the writer, which may be waiting for what a suspended agent has locked."""

    def renew() -> None:
        with workspace.write() as session:
            lease.renew(session)

    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        await asyncio.to_thread(renew)


async def _end(stop: asyncio.Event, engine: Engine, app_is_gone: Callable[[], bool]) -> None:
    """Wait until it is time to stop the engine."""
    while not stop.is_set():
        if app_is_gone() and engine.is_idle:
            await asyncio.sleep(_LAST_LOOK_S)
            if engine.is_idle:
                break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
