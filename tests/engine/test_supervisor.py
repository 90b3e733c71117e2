"""The app's end of the agent: started, started again, left to finish, and never told a secret aloud."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.sending import supervisor as supervising
from app.sending.supervisor import AgentNews, AgentState, Supervisor
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import eventually, until, until_rest
from tests.engine.processes import PROGRAM, agent_process, is_alive, on_linux
from tests.sending.smtp_server import SmtpServer, Step, late

STARTING, WORKING, RESTARTING = AgentState.STARTING, AgentState.WORKING, AgentState.RESTARTING
ELSEWHERE, STOPPED = AgentState.ELSEWHERE, AgentState.STOPPED


class Heard:
    """What a supervisor told, in order."""

    def __init__(self) -> None:
        self.news: list[AgentNews] = []

    @property
    def states(self) -> list[AgentState]:
        return [news.state for news in self.news]

    async def until(self, is_so: Callable[[list[AgentState]], bool]) -> None:
        await eventually(lambda: is_so(self.states))


@asynccontextmanager
async def supervised(workspace: Workspace, *, command: list[str] = PROGRAM) -> AsyncIterator[tuple[Supervisor, Heard]]:
    """A supervisor at work; closed at the end, and its agent ended."""
    heard = Heard()
    supervisor = Supervisor(command, workspace.path, workspace.key, tell=heard.news.append)
    supervisor.start()
    try:
        yield supervisor, heard
    finally:
        await supervisor.close()
        if supervisor.pid is not None:
            os.kill(supervisor.pid, signal.SIGTERM)
        await eventually(lambda: supervisor.pid is None)


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))


@on_linux
async def test_an_agent_that_is_killed_is_started_again_after_longer_and_longer_pauses(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "_PAUSES_S", (0.05, 0.1, 0.2))
    add_contacts(workspace, [f"p{number}@example.com" for number in range(5)])
    async with supervised(workspace) as (supervisor, heard):
        for kills in (1, 2):
            await heard.until(lambda states, n=kills: states.count(WORKING) == n)
            assert supervisor.pid is not None
            os.kill(supervisor.pid, signal.SIGKILL)
            await heard.until(lambda states, n=kills: states.count(RESTARTING) == n)
        report = await until_rest(workspace, launched(workspace, an_account(workspace, smtp_server.port)))
    assert report.counts.by_state == {DeliveryState.SENT: 5}
    assert [news.retry_in_s for news in heard.news if news.state is RESTARTING] == [0.05, 0.1]
    assert heard.states == [STARTING, WORKING, RESTARTING] * 2 + [STARTING, WORKING, STOPPED]


async def test_the_last_words_of_an_agent_that_fails_are_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "_PAUSES_S", (0.05,))
    workspace.close()
    workspace.path.write_bytes(b"not a workspace" * 1000)
    async with supervised(workspace) as (_, heard):
        await heard.until(lambda states: RESTARTING in states)
    assert WORKING not in heard.states
    assert heard.news[1].detail.startswith("This key does not open “test.mailspace”.")


@pytest.mark.parametrize(
    "command",
    [["/nowhere/mass-mail"], [sys.executable, "-c", "import sys; sys.stdin.close(); sys.exit('gone')"]],
    ids=["no such program", "gone before it has read its key"],
)
async def test_a_program_that_cannot_be_started_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(supervising, "_PAUSES_S", (0.01,))
    async with supervised(workspace, command=command) as (_, heard):
        await heard.until(lambda states: states.count(RESTARTING) >= 3)
    assert WORKING not in heard.states
    assert heard.news[1].detail


async def test_an_agent_elsewhere_is_named_until_it_leaves(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "_ELSEWHERE_S", 0.05)
    async with agent_process(workspace) as other:
        await other.until_at_work()
        async with supervised(workspace) as (_, heard):
            await heard.until(lambda states: ELSEWHERE in states)
            await other.kill()
            await heard.until(lambda states: WORKING in states)
    assert heard.states == [STARTING, ELSEWHERE, WORKING, STOPPED]
    assert "Another sending process" in heard.news[1].detail


@on_linux
async def test_closing_lets_the_agent_finish_and_end_by_itself(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.05)
    add_contacts(workspace, [f"p{number}@example.com" for number in range(40)])
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with supervised(workspace) as (supervisor, heard):
        await until(workspace, dispatch_id, lambda report: report.counts[DeliveryState.SENT] >= 1)
        pid = supervisor.pid
        assert pid is not None
        await supervisor.close()
        assert is_alive(pid)
        report = await until_rest(workspace, dispatch_id)
        await eventually(lambda: not is_alive(pid))
    assert report.counts.by_state == {DeliveryState.SENT: 40}
    assert heard.states[-1] is STOPPED


async def test_a_supervisor_closed_at_once_leaves_no_agent_behind(workspace: Workspace) -> None:
    async with supervised(workspace) as (supervisor, _):
        await asyncio.sleep(0)
        await supervisor.close()
    assert supervisor.pid is None


def contents(*files: Path) -> bytes:
    return b"".join(file.read_bytes() for file in files)


@on_linux
async def test_the_key_is_in_no_process_list_and_no_log(workspace: Workspace, tmp_path: Path) -> None:
    async with supervised(workspace) as (supervisor, heard):
        await heard.until(lambda states: WORKING in states)
        seen = contents(Path(f"/proc/{supervisor.pid}/cmdline"), Path(f"/proc/{supervisor.pid}/environ"))
    logged = contents(tmp_path / "logs" / "agent.log")
    key = workspace.key.recovery_text().encode()
    for secret in (key, key.replace(b"-", b""), workspace.key.database_pragma().encode()[3:-2]):
        assert secret not in seen
        assert secret not in logged
    assert b"--key-fd" in seen
