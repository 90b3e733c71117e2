"""Whether a limit of so many messages a second is kept: by one agent alone, and by agents that share it through the
workspace. Each agent is a process of its own whose event loop has other things to do as well. A figure is the largest
deviation over the rounds.
"""

import argparse
import asyncio
import multiprocessing
import secrets
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from app.models.accounts import Account
from app.models.keys import WorkspaceKey
from app.models.states import AccountKind
from app.models.workspace import SUFFIX, Workspace
from app.sending.clock import SystemClock
from app.sending.limits import Limits
from app.sending.shared_throttle import SharedThrottle
from app.sending.throttle import Throttle
from benchmarks.figures import Figure
from tests.postgres import binaries, running_cluster

ROUNDS = 1
_RATES = (1, 14, 200)
_STARTING_S = 6.0  # until all processes have imported what they need
_BUSY_S, _BUSY_EVERY_S = 0.005, 0.1


@dataclass(frozen=True)
class _Agent:
    """What a process needs to send."""

    location: str | Path
    key: str
    account_id: int
    rate: int
    is_shared: bool
    start_at: float
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is particular to this benchmark."""
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each run is (60)")
    parser.add_argument("--database", help="the address of an empty PostgreSQL database (a server of its own)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Measure all rates at once, by one agent, by one that shares, and by three."""
    with _location(args.database) as location:
        key = WorkspaceKey(secrets.token_bytes(32))
        with closing(Workspace.create(location, key, organisation="Benchmark")) as workspace:
            figures = []
            for number, is_shared in ((1, False), (1, True), (3, True)):
                worst = dict.fromkeys(_RATES, 0.0)
                for _ in range(args.rounds):
                    measured = _measure(workspace, location, key, number, is_shared=is_shared, seconds=args.seconds)
                    for rate, found in measured.items():
                        deviation = (found / rate - 1) * 100
                        worst[rate] = max(worst[rate], abs(deviation))
                        who = _who(rate, number, is_shared=is_shared)
                        console.print(f"{who}: {found:.3f} over {args.seconds:g} s ({deviation:+.2f} %)")
                for rate, value in worst.items():
                    name = f"throttle.{rate}.{f'{number}-shared' if is_shared else 'alone'}"
                    who = _who(rate, number, is_shared=is_shared)
                    figures.append(Figure(name, value, "%", who, goal=2, better="lower"))
    return figures


def _who(rate: int, number: int, *, is_shared: bool) -> str:
    agents = f"{number} agents" if number > 1 else "1 agent"
    return f"{rate} a second, {agents}, {'through the workspace' if is_shared else 'alone'}"


@contextmanager
def _location(database: str | None) -> Iterator[str | Path]:
    """Where the agents meet: a database if there is any server, a file otherwise."""
    if database is not None:
        yield database
    elif (programs := binaries()) is not None:
        with running_cluster(programs) as cluster:
            yield cluster.database()
    else:
        with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder:
            yield Path(folder) / f"throttle{SUFFIX}"


def _measure(
    workspace: Workspace, location: str | Path, key: WorkspaceKey, number: int, *, is_shared: bool, seconds: float
) -> dict[int, float]:
    """How many messages a second really left at each rate, by *number* agents together."""
    start_at = time.time() + _STARTING_S
    futures: dict[int, list[Future[list[float]]]] = {}
    with ProcessPoolExecutor(number * len(_RATES), mp_context=multiprocessing.get_context("spawn")) as pool:
        for rate in _RATES:
            with workspace.write() as session:
                account = Account(name=f"{rate} a second", kind=AccountKind.SMTP)
                session.add(account)
                session.flush()
                account_id = account.id
            agent = _Agent(location, key.recovery_text(), account_id, rate, is_shared, start_at, seconds)
            futures[rate] = [pool.submit(_send, agent) for _ in range(number)]
        moments = {rate: [at for future in of_rate for at in future.result()] for rate, of_rate in futures.items()}
    return {rate: _rate(times, seconds) for rate, times in moments.items()}


def _rate(times: list[float], seconds: float) -> float:
    """Messages a second from the first to the last of *seconds*."""
    counted = [at for at in times if at < min(times) + seconds]
    return (len(counted) - 1) / (max(counted) - min(counted))


def _send(agent: _Agent) -> list[float]:
    """The moments at which one process sends."""
    with closing(Workspace.open(agent.location, WorkspaceKey.from_recovery_text(agent.key))) as workspace:
        return asyncio.run(_send_until_the_end(agent, workspace))


async def _send_until_the_end(agent: _Agent, workspace: Workspace) -> list[float]:
    limits, clock = Limits(per_second=agent.rate), SystemClock()
    throttle: Throttle | SharedThrottle = Throttle(limits, clock=clock)
    if agent.is_shared:
        throttle = SharedThrottle(workspace, agent.account_id, limits, clock=clock)
    await asyncio.sleep(agent.start_at - time.time())
    other_work = asyncio.create_task(_work())
    moments: list[float] = []
    while time.time() < agent.start_at + agent.seconds + 2:
        await throttle.acquire()
        moments.append(time.time())
    other_work.cancel()
    with suppress(asyncio.CancelledError):
        await other_work
    if isinstance(throttle, SharedThrottle):
        await throttle.close()
    return moments


async def _work() -> None:
    """Keep the loop busy now and then."""
    while True:
        await asyncio.sleep(_BUSY_EVERY_S)
        until = time.perf_counter() + _BUSY_S
        while time.perf_counter() < until:
            pass
