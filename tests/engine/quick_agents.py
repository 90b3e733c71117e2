"""Agents as processes that start in a moment, because they are forked from one that has imported the program already.

They are the agent's own code in a process of its own, so that ending one by SIGKILL is a real crash. What such a test
cannot see is the command line; `processes` starts that.
"""

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.models import postgres
from app.models.keys import WorkspaceKey
from app.models.location import parse_location
from app.sending import agent, lease, runner
from tests.postgres import KEY

_START_S = 30.0
_END_S = 60.0
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_processes: Any = multiprocessing.get_context(_METHOD)
if _METHOD == "forkserver":
    _processes.set_forkserver_preload(["__main__", "app.sending.agent", "app.models.postgres", __name__])


@dataclass(frozen=True)
class Habits:
    """In what such an agent differs from others.

    Attributes:
        lease_s: How long it counts as alive without a word.
        big: From how many waiting messages on it uses sending processes.
    """

    lease_s: float | None = None
    big: int | None = None


class QuickAgent:
    """One such process; it logs to *log*."""

    def __init__(self, location: str, log: Path, *, habits: Habits | None = None) -> None:
        ours, theirs = _processes.Pipe()
        self._ready = ours
        # Not a daemon: those may have no processes of their own.
        self._process = _processes.Process(
            target=_serve, args=(theirs, location, KEY.recovery_text(), log, habits or Habits())
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        pid: int = self._process.pid
        return pid

    @property
    def is_running(self) -> bool:
        return bool(self._process.is_alive())

    def until_at_work(self) -> None:
        """Wait until it is the agent."""
        if not self._ready.poll(_START_S) or not self._ready.recv():
            raise AssertionError("the agent does not begin")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Have it finish what is on its way and end."""
        self._process.terminate()
        self._end()

    def _end(self) -> None:
        self._process.join(_END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
            raise AssertionError("the agent does not end")
        self._ready.close()


@contextmanager
def quick_agents(
    location: str, log: Path, count: int = 1, *, habits: Habits | None = None
) -> Iterator[list[QuickAgent]]:
    """So many agents at work; killed at the end if they still run then."""
    agents = [QuickAgent(location, log, habits=habits) for _ in range(count)]
    try:
        for one in agents:
            one.until_at_work()
        yield agents
    finally:
        for one in agents:
            if one.is_running:
                one.signal(signal.SIGKILL)
                one.kill()


def _serve(ready: "Connection[bool, bool]", location: str, key: str, log: Path, habits: Habits) -> None:
    with log.open("a", encoding="utf-8") as file:
        sys.stderr = file
        logging.basicConfig(stream=file, level=logging.INFO, format="%(process)d %(asctime)s %(message)s", force=True)
        if habits.lease_s is not None:
            lease._VALID_MS, agent.RENEW_EVERY_S = int(habits.lease_s * 1000), habits.lease_s / 4
            postgres._FOR_AGENTS["idle_in_transaction_session_timeout"] = f"{habits.lease_s:.0f}s"
        if habits.big is not None:
            runner._BIG = habits.big
        agent.serve(
            parse_location(location),
            WorkspaceKey.from_recovery_text(key),
            leave_with_app=False,
            at_work=lambda: ready.send(True),
        )
