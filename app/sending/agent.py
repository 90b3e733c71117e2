"""The agent: the process that sends. It shares nothing with the app but the workspace."""

import asyncio
import contextlib
import logging
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from app.models.group_writer import GroupWriter
from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.sending.engine import Engine
from app.sending.lanes import Lanes
from app.sending.lease import RENEW_EVERY_S, Lease, agent_lock
from app.sending.practice import PracticeServer
from app.sending.practice_inbox import PracticeInbox
from app.sending.throttle import SystemClock

logger = logging.getLogger(__name__)

_LAST_LOOK_S = 2.0
"""How long the agent of a closed app stays idle before it ends."""


async def run_agent(
    workspace: Workspace, *, stop: asyncio.Event, app_is_gone: Callable[[], bool] = lambda: False
) -> None:
    """Send what is due in *workspace* until *stop*, or until the app is gone and nothing is left to do.

    Raises:
        AgentAtWork: another agent does that already.
        WorkspaceUnavailable: the workspace cannot be written.
    """
    with agent_lock(workspace.path):
        async with _writer(workspace) as writer:
            lease = Lease()
            await writer.write(lease.take)
            server = PracticeServer(PracticeInbox(writer).accept)
            await server.start()
            lanes = Lanes(workspace, practice_port=lambda: server.port, clock=SystemClock())
            engine = Engine(workspace, writer, lanes, rng=random.Random())  # noqa: S311  spreads retries
            try:
                async with asyncio.TaskGroup() as group:
                    keeper = group.create_task(_keep_lease(writer, lease))
                    ender = group.create_task(_end(engine, stop, app_is_gone))
                    await engine.run()
                    keeper.cancel()
                    ender.cancel()
            finally:
                await server.stop()
                await writer.write(lease.give_back)


def serve(path: Path, key: WorkspaceKey, *, leave_with_app: bool) -> None:
    """Run an agent on the workspace file at *path* until the process is told to end.

    Args:
        leave_with_app: Standard input is a pipe from the app: when it closes, the app is gone, and the agent ends as
            soon as nothing is left to do.

    Raises:
        UserFacingError: see `run_agent`, `Workspace.open`.
    """
    workspace = Workspace.open(path, key, durable=True)
    try:
        asyncio.run(_serve(workspace, leave_with_app=leave_with_app))
    finally:
        workspace.close()


async def _serve(workspace: Workspace, *, leave_with_app: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows knows no handlers on the loop; there the app closes the pipe and asks through the workspace.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    app_gone = threading.Event()
    if leave_with_app:
        threading.Thread(target=_wait_for_end_of_input, args=(app_gone,), daemon=True, name="app-watch").start()
    await run_agent(workspace, stop=stop, app_is_gone=app_gone.is_set)


def _wait_for_end_of_input(app_gone: threading.Event) -> None:
    # A thread, because asyncio on Windows cannot read a pipe it was started with.
    while sys.stdin.buffer.read(1):
        continue
    app_gone.set()


@contextlib.asynccontextmanager
async def _writer(workspace: Workspace) -> AsyncIterator[GroupWriter]:
    writer = GroupWriter(workspace.database)
    try:
        yield writer
    finally:
        await writer.close()


async def _keep_lease(writer: GroupWriter, lease: Lease) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        await writer.write(lease.renew)


async def _end(engine: Engine, stop: asyncio.Event, app_is_gone: Callable[[], bool]) -> None:
    """Stop the engine when it is time to."""
    while not stop.is_set():
        if app_is_gone() and engine.is_idle:
            await asyncio.sleep(_LAST_LOOK_S)
            if engine.is_idle:
                break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
    engine.stop()
