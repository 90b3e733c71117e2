"""What remains true when processes are killed in the middle of their work."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.models.base import utcnow
from app.models.states import CampaignStatus, DeliveryState
from app.models.tables import AccountUsage, AgentLease, Delivery
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending import agent, campaigns, engine
from app.sending.dispatches import plan_of
from app.sending.exit_codes import ExitCode
from app.sending.lease import AgentAtWork, agent_status
from app.sending.plan import freeze
from app.sending.windows import SendingWindow
from tests.engine.builders import a_campaign, add_contacts, an_account, launched
from tests.engine.conftest import an_agent, eventually, until, until_rest
from tests.engine.processes import PROGRAM, ROOT, agent_process, is_alive, not_on_windows, on_linux
from tests.sending.smtp_server import SILENCE, Fault, SmtpServer, Step, late

SENT, QUEUED, IN_DOUBT = DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.IN_DOUBT
SENDING = DeliveryState.SENDING
AT_ONCE = 3 * 3
"""Messages on their way at once: three connections, each with one under way, one behind it and one being claimed."""


@dataclass
class Witness(SmtpServer):
    """A server that looks up each recipient in the workspace before it answers RCPT.

    Attributes:
        workspace: The workspace.
        unannounced: Recipients whose delivery was not durably `sending` when their address arrived.
    """

    workspace: Workspace | None = None
    unannounced: list[str] = field(default_factory=list)

    def fault_at(self, step: Step) -> Fault | None:
        if step is Step.RCPT and self.workspace is not None:
            address = self.commands[-1].partition("<")[2].rstrip(">")
            with self.workspace.read() as session:
                if session.scalar(select(Delivery.state).where(Delivery.address == address)) is not SENDING:
                    self.unannounced.append(address)
        return super().fault_at(step)


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


def addresses(workspace: Workspace, dispatch_id: int, state: DeliveryState) -> set[str]:
    return {row.address for row in delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[state]))}


async def test_eight_crashes_in_one_dispatch_send_nobody_two_messages_and_lose_nobody(workspace: Workspace) -> None:
    add_contacts(workspace, people(400))
    pick = random.Random(8)
    async with Witness(workspace=workspace) as server:
        server.always[Step.DOT] = late(0.01)
        dispatch_id = launched(workspace, an_account(workspace, server.port))
        for _ in range(8):
            async with agent_process(workspace) as crashing:
                enough = len(server.mails) + pick.randint(1, 40)
                await eventually(lambda n=enough: len(server.mails) >= n)
                await asyncio.sleep(pick.random() * 0.02)
                await crashing.kill()
        async with an_agent(workspace):
            report = await until_rest(workspace, dispatch_id)
    received = Counter(server.recipients)
    in_doubt = addresses(workspace, dispatch_id, IN_DOUBT)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts[SENT] + report.counts[IN_DOUBT] == report.counts.total == 400
    assert 0 < report.counts[IN_DOUBT] <= 8 * AT_ONCE
    assert set(received.values()) == {1}
    assert set(people(400)) - set(received) <= in_doubt
    assert addresses(workspace, dispatch_id, SENT) <= set(received)
    assert server.unannounced == []


async def test_what_is_in_doubt_after_a_crash_counts_against_the_limits(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = SILENCE
    add_contacts(workspace, people(20))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as crashing:
        await until(workspace, dispatch_id, lambda report: report.counts[SENDING] >= 6)
        await crashing.kill()
    smtp_server.hang_up()
    smtp_server.always.clear()
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    with workspace.read() as session:
        assert sum(session.scalars(select(AccountUsage.count))) == 20
    assert report.counts[IN_DOUBT] >= 6


@not_on_windows
async def test_a_crash_before_the_first_message_leaves_no_doubt(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.GREETING] = SILENCE
    add_contacts(workspace, people(10))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as crashing:
        await until(workspace, dispatch_id, lambda report: report.counts[QUEUED] == 10)
        await eventually(lambda: smtp_server.sessions > 0)
        await crashing.kill()
    smtp_server.always.clear()
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 10}
    assert Counter(smtp_server.recipients) == Counter(people(10))


@pytest.mark.parametrize("step", [Step.MAIL, Step.DOT], ids=["claimed", "content in flight"])
async def test_what_was_claimed_when_it_crashed_is_in_doubt_and_never_sent_again(
    workspace: Workspace, smtp_server: SmtpServer, step: Step
) -> None:
    smtp_server.always[step] = SILENCE
    add_contacts(workspace, people(30))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as crashing:
        await until(workspace, dispatch_id, lambda report: report.counts[SENDING] >= 3)
        await crashing.kill()
    claimed = addresses(workspace, dispatch_id, SENDING)
    smtp_server.hang_up()
    smtp_server.always.clear()
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert addresses(workspace, dispatch_id, IN_DOUBT) == claimed
    assert report.counts.by_state == {SENT: 30 - len(claimed), IN_DOUBT: len(claimed)}
    assert Counter(smtp_server.recipients) == Counter(set(people(30)) - claimed)


@not_on_windows
async def test_an_agent_told_to_end_finishes_what_is_on_its_way(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.2)
    add_contacts(workspace, people(60))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as ending:
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 3)
        ending.terminate()
        ended = await ending.ended()
    report = dispatch_report(workspace, dispatch_id)
    assert (ended.code, ended.stderr) == (ExitCode.OK, "")
    assert report.counts.by_state == {SENT: len(smtp_server.mails), QUEUED: 60 - len(smtp_server.mails)}
    assert len(smtp_server.mails) < 60
    assert not agent_status(workspace).is_working


async def test_an_agent_told_to_end_does_not_wait_for_ever_for_an_answer(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENCE_S", 0.2)
    smtp_server.always[Step.DOT] = SILENCE
    add_contacts(workspace, people(20))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENDING] >= 3)
    counts = dispatch_report(workspace, dispatch_id).counts
    assert counts[IN_DOUBT] == 3
    assert counts[QUEUED] == 17


_APP = """
import asyncio, sys
from pathlib import Path
from app.models.keys import WorkspaceKey
from app.sending.supervisor import AgentState, Supervisor

async def main():
    working = asyncio.Event()
    def tell(news):
        print(news.state.value, news.detail, file=sys.stderr)
        if news.state is AgentState.WORKING:
            working.set()
    supervisor = Supervisor(sys.argv[2:], Path(sys.argv[1]), WorkspaceKey(bytes(range(32))), tell=tell)
    supervisor.start()
    await working.wait()
    print(supervisor.pid, flush=True)
    if await asyncio.to_thread(sys.stdin.readline):
        await supervisor.close()

asyncio.run(main())
"""


@on_linux
@pytest.mark.parametrize("how", ["killed", "closed"])
async def test_without_its_app_the_agent_sends_the_rest_and_then_ends(
    workspace: Workspace, smtp_server: SmtpServer, how: str
) -> None:
    smtp_server.always[Step.DOT] = late(0.05)
    add_contacts(workspace, people(60))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    app = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _APP, str(workspace.path), *PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"MASS_MAIL_HOME": str(workspace.path.parent)},
    )  # fmt: skip
    assert app.stdin is not None
    assert app.stdout is not None
    pid = int(await asyncio.wait_for(app.stdout.readline(), 30))
    try:
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 3)
        if how == "killed":
            app.send_signal(signal.SIGKILL)
        else:
            app.stdin.write(b"close\n")
        await asyncio.wait_for(app.wait(), 10)
        assert is_alive(pid)
        assert dispatch_report(workspace, dispatch_id).status is CampaignStatus.SENDING
        report = await until_rest(workspace, dispatch_id)
        await eventually(lambda: not is_alive(pid))
    finally:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    assert report.counts.by_state == {SENT: 60}
    assert Counter(smtp_server.recipients) == Counter(people(60))
    assert not agent_status(workspace).is_working


async def test_a_second_agent_leaves_at_once_and_the_first_does_not_notice(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.02)
    add_contacts(workspace, people(100))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with agent_process(workspace) as first:
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 1)
        async with agent_process(workspace) as second:
            ended = await second.ended()
        assert ended.code == ExitCode.AGENT_AT_WORK
        assert ended.sentence.startswith("Another sending process is at work on this workspace on this computer.")
        report = await until_rest(workspace, dispatch_id)
        assert first.is_running
        assert agent_status(workspace).pid == first.pid
    assert report.counts.by_state == {SENT: 100}
    assert Counter(smtp_server.recipients) == Counter(people(100))


def lend(workspace: Workspace, *, valid: timedelta) -> None:
    """Note in the workspace that an agent on another computer holds it."""
    with workspace.write() as session:
        session.execute(delete(AgentLease))
        session.add(AgentLease(id=1, holder="x", host="till-2", pid=1, expires_at=utcnow() + valid))


async def test_the_agent_of_another_computer_is_respected_until_its_lease_expires(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(5))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    lend(workspace, valid=timedelta(minutes=1))
    async with agent_process(workspace) as refused:
        ended = await refused.ended()
    assert ended.code == ExitCode.AGENT_AT_WORK
    assert "on the computer “till-2”" in ended.sentence
    assert smtp_server.sessions == 0
    with workspace.write() as session:
        session.execute(update(AgentLease).values(expires_at=utcnow()))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 5}


async def test_an_agent_whose_lease_was_taken_over_finishes_what_is_on_its_way_and_leaves(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "RENEW_EVERY_S", 0.05)
    smtp_server.always[Step.DOT] = late(0.1)
    add_contacts(workspace, people(100))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    with pytest.raises(AgentAtWork, match="till-2"):
        async with an_agent(workspace):
            await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 3)
            lend(workspace, valid=timedelta(minutes=1))
            await until(workspace, dispatch_id, lambda report: report.counts[SENDING] == 0)
    counts = dispatch_report(workspace, dispatch_id).counts
    assert counts.by_state == {SENT: len(smtp_server.mails), QUEUED: 100 - len(smtp_server.mails)}
    assert agent_status(workspace).host == "till-2"


def test_what_is_in_doubt_counts_against_the_campaigns_own_limit(workspace: Workspace) -> None:
    add_contacts(workspace, ["ada@example.com"])
    campaign_id = a_campaign(workspace, an_account(workspace, 25))
    campaigns.change_campaign(workspace, campaign_id, window=SendingWindow(per_day=1))
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    freeze(workspace, dispatch_id)
    with workspace.write() as session:
        session.execute(update(Delivery).values(state=IN_DOUBT, settled_at=utcnow()))
    with workspace.read() as session:
        assert [count for _, count in plan_of(session, dispatch_id).usage] == [1]
