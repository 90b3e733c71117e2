"""The processes that compose, sign and send for the agent when a fast account has much to send."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending import campaigns, runner
from app.sending.dkim import generate_key
from app.sending.pipe import Pipe
from app.sending.sending_messages import Rows
from app.sending.sending_process import useful_processes
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import an_agent, eventually, until
from tests.engine.processes import ROOT, agent_process, is_alive, on_linux
from tests.engine.quick_agents import Habits, quick_agents
from tests.sending.smtp_server import SmtpServer, Step, late

pytestmark = [
    on_linux,
    pytest.mark.skipif(not useful_processes(), reason="on one core the agent sends by itself"),
]

SENT, IN_DOUBT, QUEUED, SENDING = (
    DeliveryState.SENT,
    DeliveryState.IN_DOUBT,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
)
MANY = [f"p{number}@example.com" for number in range(runner._BIG + 100)]
PEOPLE = MANY[:700]
HABITS = Habits(big=500)
PATIENCE_S = 60.0
PASSWORD = "s3cret of the shop"


def seen(pid: int, name: str) -> bytes:
    """What anybody may read of a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def opened(pid: int) -> set[Path]:
    """The files that a process has open."""
    return {one.readlink() for one in Path(f"/proc/{pid}/fd").iterdir()}


def processes_of(agent_pid: int) -> list[int]:
    """The sending processes of an agent."""
    tasks = [seen(agent_pid, f"task/{task.name}/children") for task in Path(f"/proc/{agent_pid}/task").iterdir()]
    return sorted(int(pid) for pid in b" ".join(tasks).split() if b"spawn_main" in seen(int(pid), "cmdline"))


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer(users={"shop": PASSWORD}) as running:
        running.always[Step.DOT] = late(0.01)
        yield running


def a_campaign_to(people: list[str], workspace: Workspace, server: SmtpServer) -> int:
    add_contacts(workspace, people)
    key = generate_key().pem.decode()
    identity_id = an_account(
        workspace, server.port, connections=4, username="shop", password=PASSWORD, dkim_key_pem=key
    )
    return launched(workspace, identity_id)


@pytest.fixture
def dispatch_id(workspace: Workspace, server: SmtpServer) -> int:
    """A campaign that is worth several processes to agents with these `HABITS`."""
    return a_campaign_to(PEOPLE, workspace, server)


async def two_processes(agent_pid: int, server: SmtpServer, *, mails: int) -> list[int]:
    """The sending processes, once so many messages have arrived."""
    await eventually(lambda: len(server.mails) >= mails, patience_s=PATIENCE_S)
    found = processes_of(agent_pid)
    assert len(found) == useful_processes()
    return found


async def rest_sent_once(workspace: Workspace, dispatch_id: int, server: SmtpServer, people: list[str] = PEOPLE) -> int:
    """See the dispatch to its end, and return how many are in doubt."""
    server.always.clear()
    report = await until(
        workspace, dispatch_id, lambda one: one.status is CampaignStatus.FINISHED, patience_s=PATIENCE_S
    )
    assert report.counts[SENT] + report.counts[IN_DOUBT] == report.counts.total == len(people)
    received = Counter(server.recipients)
    assert set(received.values()) == {1}
    doubtful = delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[IN_DOUBT]))
    assert set(people) - set(received) <= {row.address for row in doubtful}
    return report.counts[IN_DOUBT]


async def test_each_gets_it_once_and_no_secret_and_no_workspace_is_seen(
    workspace: Workspace, server: SmtpServer
) -> None:
    dispatch_id = a_campaign_to(MANY, workspace, server)
    async with agent_process(workspace) as agent:
        processes = await two_processes(agent.pid, server, mails=50)
        said = b"".join(seen(pid, name) for pid in processes for name in ("cmdline", "environ"))
        assert PASSWORD.encode() not in said
        assert workspace.key.recovery_text().encode() not in said
        loaded = b"".join(seen(pid, "maps") for pid in processes)
        assert not [name for name in (b"sqlalchemy", b"sqlcipher", b"psycopg") if name in loaded]
        assert not [pid for pid in processes if workspace.path in opened(pid)]
        assert await rest_sent_once(workspace, dispatch_id, server, MANY) == 0
        await eventually(lambda: not processes_of(agent.pid))
    assert all(b"DKIM-Signature" in mail.content for mail in server.mails)


def test_a_sending_process_loads_no_database() -> None:
    code = "import sys, app.sending.sending_child; print([one for one in sys.modules if one.startswith(%r)])"
    names = ("sqlalchemy", "sqlcipher3", "psycopg", "alembic", "app.models.workspace", "app.models.tables", "PySide6")
    run = subprocess.run([sys.executable, "-c", code % (names,)], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.strip() == "[]"


async def test_when_one_is_killed_what_it_was_allowed_to_send_is_in_doubt_and_the_rest_goes_on(
    workspace: Workspace, server: SmtpServer, dispatch_id: int, tmp_path: Path
) -> None:
    with quick_agents(str(workspace.path), tmp_path / "log", habits=HABITS) as (agent,):
        killed = await two_processes(agent.pid, server, mails=50)
        os.kill(killed[0], signal.SIGKILL)
        enough = len(server.mails) + 100
        await eventually(
            lambda: len(server.mails) >= enough and len(processes_of(agent.pid)) == useful_processes(),
            patience_s=PATIENCE_S,
        )
        os.kill(next(pid for pid in processes_of(agent.pid) if pid not in killed), signal.SIGKILL)
        in_doubt = await rest_sent_once(workspace, dispatch_id, server)
    assert 0 < in_doubt <= 60


async def test_a_pause_reaches_them_within_a_second(
    workspace: Workspace, server: SmtpServer, dispatch_id: int, tmp_path: Path
) -> None:
    with quick_agents(str(workspace.path), tmp_path / "log", habits=HABITS) as (agent,):
        await two_processes(agent.pid, server, mails=50)
        campaigns.pause(workspace, dispatch_id)
        await asyncio.sleep(1)
        paused_at = len(server.mails)
        assert paused_at < 600
        counts = dispatch_report(workspace, dispatch_id).counts
        assert counts.by_state == {SENT: paused_at, QUEUED: len(PEOPLE) - paused_at}
        await asyncio.sleep(0.5)
        assert len(server.mails) == paused_at
        campaigns.resume(workspace, dispatch_id)
        assert await rest_sent_once(workspace, dispatch_id, server) == 0


async def test_they_end_with_their_agent_and_leave_nothing_behind(
    workspace: Workspace, server: SmtpServer, dispatch_id: int, tmp_path: Path
) -> None:
    with quick_agents(str(workspace.path), tmp_path / "log", habits=HABITS) as (agent,):
        orphans = await two_processes(agent.pid, server, mails=50)
        agent.kill()
    await eventually(lambda: not any(map(is_alive, orphans)), patience_s=5)
    arrived = len(server.mails)
    claimed = dispatch_report(workspace, dispatch_id).counts[SENDING]
    await asyncio.sleep(0.3)
    assert len(server.mails) == arrived
    async with an_agent(workspace):
        assert await rest_sent_once(workspace, dispatch_id, server) == claimed


async def test_a_fault_while_handing_out_halts_the_campaign_and_loses_nobody(
    workspace: Workspace, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_BIG", 100)
    dispatch_id = a_campaign_to(PEOPLE, workspace, server)
    send = Pipe.send

    def send_all_but_rows(pipe: Pipe, message: object) -> None:
        if isinstance(message, Rows) and message.rows:
            raise ZeroDivisionError
        send(pipe, message)

    monkeypatch.setattr(Pipe, "send", send_all_but_rows)
    async with an_agent(workspace):
        report = await until(
            workspace, dispatch_id, lambda one: one.status is CampaignStatus.NEEDS_YOU, patience_s=PATIENCE_S
        )
    assert "The program failed at this campaign" in report.problem
    assert report.counts.by_state == {QUEUED: len(PEOPLE)}
    assert server.recipients == []
