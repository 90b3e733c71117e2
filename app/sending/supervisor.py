"""Keeps an agent at work for the app: starts it, watches it, starts it again with growing pauses, and says so."""

import asyncio
import contextlib
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.models.keys import WorkspaceKey
from app.models.location import Location, ServerLocation
from app.sending.exit_codes import ExitCode

logger = logging.getLogger(__name__)

_PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0)
_CALM_AFTER_S = 60.0
_ELSEWHERE_S = 5.0
_OUTPUT_BYTES = 4000
# Windows would show a console beside the app; and who works at this computer goes first.
_QUIETLY = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)


class AgentState(StrEnum):
    """What the supervisor has to say about its agent."""

    STARTING = "starting"
    WORKING = "working"
    ELSEWHERE = "elsewhere"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class AgentNews:
    """A change in the agent's life. `detail` is what it said last, `retry_in_s` when it is started again."""

    state: AgentState
    detail: str = ""
    retry_in_s: float = 0.0


class Supervisor:
    """Runs the agent as a child process. Its secrets, the key and the password of a database server, go to it through
    its standard input, never its command line.

    The child outlives us, even if we are killed: the pipe closes, and it ends once nothing is left to send.
    """

    def __init__(
        self, command: list[str], workspace: Location, key: WorkspaceKey, *, tell: Callable[[AgentNews], None]
    ) -> None:
        self._command = [*command, "agent", "--workspace", str(workspace), "--key-fd", "0", "--leave-with-app"]
        self._secrets = f"{key.recovery_text()}\n"
        if isinstance(workspace, ServerLocation) and workspace.password:
            self._command += ["--password-fd", "0"]
            self._secrets += f"{workspace.password}\n"
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._told: AgentNews | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the agent, while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._keep_running())

    async def close(self) -> None:
        """Let go of the agent: it finishes what is being sent and ends by itself."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._say(AgentNews(AgentState.STOPPED))

    def _say(self, news: AgentNews) -> None:
        if news != self._told:
            self._told = news
            self._tell(news)

    async def _keep_running(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            if self._told is None or self._told.state is not AgentState.ELSEWHERE:
                self._say(AgentNews(AgentState.STARTING))
            started = loop.time()
            code, said = await self._run_once()
            if code == ExitCode.AGENT_AT_WORK:
                self._say(AgentNews(AgentState.ELSEWHERE, detail=said))
                await asyncio.sleep(_ELSEWHERE_S)
                continue
            failures = 0 if loop.time() - started > _CALM_AFTER_S else failures
            pause_s = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
            failures += 1
            logger.warning("The agent ended with %s: %s. It is started again in %.0f s.", code, said, pause_s)
            self._say(AgentNews(AgentState.RESTARTING, detail=said, retry_in_s=pause_s))
            await asyncio.sleep(pause_s)

    async def _run_once(self) -> tuple[int | None, str]:
        """Run an agent to its end, and return its exit code (None: it could not be started) and its last words."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                creationflags=_QUIETLY,
                start_new_session=True,  # Ctrl-C in the app's terminal, or closing it, does not end the agent
            )
        except OSError as error:
            return None, f"It cannot be started: {error}"
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise RuntimeError("the agent's pipes are missing")
        with contextlib.suppress(ConnectionError):  # it is gone already: its exit code and last words say why
            stdin.write(self._secrets.encode())
            await stdin.drain()
        listening = asyncio.create_task(self._hear(stdout))
        try:
            said = b""
            while chunk := await stderr.read(_OUTPUT_BYTES):
                said = (said + chunk)[-_OUTPUT_BYTES:]
            return await process.wait(), said.decode(errors="replace").strip()
        finally:
            listening.cancel()

    async def _hear(self, stdout: asyncio.StreamReader) -> None:
        """The agent's first line comes once it is at work."""
        if await stdout.readline():
            self._say(AgentNews(AgentState.WORKING))
        while await stdout.read(_OUTPUT_BYTES):
            continue
