"""Agents as a server's init system starts them: `main.py agent`, a process of its own, its secrets through a pipe."""

import os
import subprocess
import tempfile
from typing import IO

from app import paths
from app.models.keys import WorkspaceKey
from app.models.location import Location, ServerLocation
from benchmarks.sink import tool

_STARTUP_PATIENCE_S = 120


class Agent:
    """One agent that works until `leave` was called and nothing is left to do."""

    def __init__(self, location: Location, key: WorkspaceKey, *, core: int | None = None) -> None:
        """Start it, on all cores or on the one numbered *core* alone."""
        pinned = [] if core is None else [tool("taskset"), "--cpu-list", str(core)]
        command = [*paths.program(), "agent", "--workspace", str(location), "--key-fd", "0", "--leave-with-app"]
        secrets = f"{key.recovery_text()}\n"
        if isinstance(location, ServerLocation) and location.password:
            command += ["--password-fd", "0"]
            secrets += f"{location.password}\n"
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  `wait` closes it
        self._process = subprocess.Popen(
            [*pinned, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints
        )
        _pipe(self._process.stdin).write(secrets.encode())
        _pipe(self._process.stdin).flush()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait_until_at_work(self) -> None:
        """Return once it looks for something to do."""
        if not _pipe(self._process.stdout).readline():
            self.wait(patience_s=_STARTUP_PATIENCE_S)

    def leave(self) -> None:
        """Let it end as soon as it has nothing left to do."""
        _pipe(self._process.stdin).close()

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()

    def wait(self, *, patience_s: float) -> None:
        """Wait until it has ended.

        Raises:
            SystemExit: it failed.
        """
        try:
            code = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise SystemExit(f"The agent has not ended after {patience_s:.0f} s.") from None
        if code:
            self._complaints.seek(0)
            raise SystemExit(f"The agent ended with {code}: {self._complaints.read().decode(errors='replace')}")
        self._complaints.close()


def cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def _pipe(found: IO[bytes] | None) -> IO[bytes]:
    if found is None:
        raise RuntimeError("the pipe is missing")
    return found
