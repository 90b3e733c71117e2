"""Agents as real processes, started as a server's administrator or the app starts them, and ended by their pid."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.models.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, str(ROOT / "main.py")]

not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@dataclass(frozen=True)
class Ending:
    """How a process ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def sentence(self) -> str:
        """What it said to standard error, which must be one line and no traceback."""
        assert "Traceback" not in self.stderr, self.stderr
        (line,) = self.stderr.splitlines()
        return line


class AgentProcess:
    """An agent that runs on its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def until_at_work(self) -> None:
        """Wait until it says so."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 30)
        if not line:
            raise AssertionError(await self.ended())

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.is_running:
            self._process.send_signal(signal.SIGKILL)
        await self.ended()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.send_signal(signal.SIGTERM)

    async def ended(self) -> Ending:
        """How it ended; waits for that."""
        stdout, stderr = await asyncio.wait_for(self._process.communicate(), 40)
        assert self._process.returncode is not None
        return Ending(self._process.returncode, stdout.decode(), stderr.decode())


@asynccontextmanager
async def agent_process(workspace: Workspace, *, home: Path | None = None) -> AsyncIterator[AgentProcess]:
    """An agent process on the file of *workspace*; killed at the end if it still runs then. It logs to *home*."""
    home = home or workspace.path.parent
    key_file = home / "key"
    key_file.write_text(workspace.key.recovery_text())
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, "agent", "--workspace", str(workspace.path), "--key-file", str(key_file),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"MASS_MAIL_HOME": str(home)},
    )  # fmt: skip
    agent = AgentProcess(process)
    try:
        yield agent
    finally:
        await agent.kill()


def is_alive(pid: int) -> bool:
    """Whether the process runs; a dead one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
