"""Agents in processes of their own that share a workspace on a PostgreSQL server: each message goes out once."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.keys import WorkspaceKey
from app.models.states import CampaignStatus, DeliveryState, DispatchState
from app.models.tables import AgentLease, Delivery
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, dispatch_report
from app.sending import campaigns
from app.sending.limits import Limits
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import ON_ITS_WAY
from tests.engine.processes import not_on_windows
from tests.engine.quick_agents import Habits, QuickAgent, quick_agents
from tests.engine.storm_server import StormServer, storm_servers
from tests.sending.smtp_server import Step, answer

pytestmark = not_on_windows

SENT, IN_DOUBT, QUEUED, SENDING = (
    DeliveryState.SENT,
    DeliveryState.IN_DOUBT,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
)
SHORT_LEASES = Habits(lease_s=2.0)
PATIENCE_S = 50.0


@dataclass
class Team:
    """A workspace on a server, agents that share it, and the mail server they send through."""

    workspace: Workspace
    url: str
    server: StormServer
    log: Path

    def agents(self, count: int) -> AbstractContextManager[list[QuickAgent]]:
        return quick_agents(self.url, self.log, count, habits=SHORT_LEASES)

    def begun(self, dispatch_id: int) -> set[str]:
        """The process ids of the agents that took part."""
        return set(re.findall(rf"(?m)^(\d+) .*Dispatch {dispatch_id} begins", self.log.read_text()))

    def until(self, dispatch_id: int, is_so: Callable[[DispatchReport], bool]) -> DispatchReport:
        """The report of a dispatch as soon as *is_so* holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so(report := dispatch_report(self.workspace, dispatch_id)):
            assert time.monotonic() < deadline, f"it never came to that: {report}"
            time.sleep(0.02)
        return report

    def until_rest(self, dispatch_id: int) -> DispatchReport:
        return self.until(dispatch_id, lambda report: report.status not in ON_ITS_WAY)

    def until_mails(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while len(self.server.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.server.mails)} of {count}"
            time.sleep(0.005)


@pytest.fixture
def team(server_url: str, key: WorkspaceKey, tmp_path: Path) -> Iterator[Team]:
    workspace = Workspace.open(server_url, key)
    server = StormServer(delay_s=0.01)
    with storm_servers(server):
        yield Team(workspace, server_url, server, tmp_path / "log")
    workspace.close()


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


def test_three_agents_share_a_campaign_and_send_each_message_once(team: Team) -> None:
    add_contacts(team.workspace, people(1500))
    with team.agents(3):
        dispatch_id = launched(team.workspace, an_account(team.workspace, team.server.port))
        report = team.until_rest(dispatch_id)
    assert report.counts.by_state == {SENT: 1500}
    assert Counter(team.server.recipients) == Counter(people(1500))
    assert len(team.begun(dispatch_id)) == 3


def test_the_audience_is_written_down_once_by_whichever_agent_comes_first(team: Team) -> None:
    add_contacts(team.workspace, people(300))
    identity_id = an_account(team.workspace, team.server.port)
    dispatches = [launched(team.workspace, identity_id) for _ in range(5)]
    with team.agents(3):
        for dispatch_id in dispatches:
            assert team.until_rest(dispatch_id).counts.by_state == {SENT: 300}
    assert set(Counter(team.server.recipients).values()) == {5}


@pytest.mark.parametrize("enough", [1, 60, 170])
def test_what_a_killed_agent_had_leased_others_send_and_what_it_had_claimed_is_in_doubt(
    team: Team, enough: int
) -> None:
    add_contacts(team.workspace, people(900))
    with team.agents(3) as agents:
        dispatch_id = launched(team.workspace, an_account(team.workspace, team.server.port))
        team.until_mails(enough)
        agents[enough % 3].kill()
        report = team.until_rest(dispatch_id)
    received = Counter(team.server.recipients)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts[SENT] + report.counts[IN_DOUBT] == report.counts.total == 900
    assert report.counts[IN_DOUBT] <= 30
    assert set(received.values()) == {1}
    assert report.counts[SENT] <= len(received) <= 900
    with team.workspace.read() as session:
        in_doubt = set(session.scalars(select(Delivery.address).where(Delivery.state == IN_DOUBT)))
    assert set(people(900)) - set(received) <= in_doubt


def test_an_agent_that_wakes_after_its_lease_repeats_nothing_and_overrules_nobody(team: Team) -> None:
    add_contacts(team.workspace, people(900))
    with team.agents(2) as (sleeper, awake):
        dispatch_id = launched(team.workspace, an_account(team.workspace, team.server.port))
        team.until_mails(50)
        sleeper.signal(signal.SIGSTOP)
        report = team.until_rest(dispatch_id)
        assert report.counts[SENT] + report.counts[IN_DOUBT] == 900
        sleeper.signal(signal.SIGCONT)
        deadline = time.monotonic() + PATIENCE_S
        while sleeper.is_running:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert awake.is_running
        report = team.until_rest(dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts[SENT] + report.counts[IN_DOUBT] == report.counts.total == 900
    received = Counter(team.server.recipients)
    assert set(received.values()) == {1}
    assert len(received) >= report.counts[SENT]


def test_an_agent_that_wakes_in_the_middle_of_a_campaign_repeats_nothing(team: Team) -> None:
    add_contacts(team.workspace, people(1500))
    with team.agents(2) as (sleeper, _):
        identity_id = an_account(team.workspace, team.server.port, limits=Limits(per_second=150))
        dispatch_id = launched(team.workspace, identity_id)
        team.until_mails(50)
        sleeper.signal(signal.SIGSTOP)
        time.sleep(4)  # its lease is over and what it had is with the other one
        sleeper.signal(signal.SIGCONT)
        report = team.until_rest(dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts[SENT] + report.counts[IN_DOUBT] == report.counts.total == 1500
    assert set(Counter(team.server.recipients).values()) == {1}


def test_pause_and_resume_reach_all_agents_and_nobody_is_forgotten(team: Team) -> None:
    add_contacts(team.workspace, people(1500))
    with team.agents(3):
        dispatch_id = launched(team.workspace, an_account(team.workspace, team.server.port))
        for enough in (100, 400):
            team.until_mails(enough)
            campaigns.pause(team.workspace, dispatch_id)
            time.sleep(1)
            paused_at = len(team.server.mails)
            time.sleep(0.5)
            assert len(team.server.mails) == paused_at < 1500
            assert dispatch_report(team.workspace, dispatch_id).counts[SENDING] == 0
            campaigns.resume(team.workspace, dispatch_id)
        report = team.until_rest(dispatch_id)
    assert report.counts.by_state == {SENT: 1500}
    assert Counter(team.server.recipients) == Counter(people(1500))


def test_cancelling_reaches_all_agents_and_leaves_nobody_waiting(team: Team) -> None:
    """What is on its way when it is cancelled may be put off by the server, and is then cancelled as well."""
    team.server.delay_s = 0.3
    add_contacts(team.workspace, people(600))
    with team.agents(3):
        dispatch_id = launched(team.workspace, an_account(team.workspace, team.server.port))
        team.until_mails(20)
        team.server.always[Step.DOT] = answer("451 4.3.0 Not now")
        campaigns.cancel(team.workspace, dispatch_id)
        report = team.until(dispatch_id, lambda one: one.state is DispatchState.CANCELLED and not one.counts[SENDING])
    assert report.counts[SENT] == len(team.server.mails)
    assert report.counts.by_state.keys() == {SENT, DeliveryState.CANCELLED}


def test_an_idle_agent_hears_of_a_launch_within_a_second(team: Team) -> None:
    add_contacts(team.workspace, people(1))
    identity_id = an_account(team.workspace, team.server.port)
    with team.agents(1):
        for number in range(1, 4):
            time.sleep(0.5)
            dispatch_id = launched(team.workspace, identity_id)
            team.until_mails(number)
            report = dispatch_report(team.workspace, dispatch_id)
            assert report.started_at is not None
            assert report.started_at - report.due_at < timedelta(seconds=1)


def test_an_agent_without_work_does_not_spin_while_another_has_all_of_it_in_hand(team: Team) -> None:
    add_contacts(team.workspace, people(100))
    identity_id = an_account(team.workspace, team.server.port, limits=Limits(per_second=10))
    with team.agents(2):
        dispatch_id = launched(team.workspace, identity_id)
        team.until_mails(30)
        begun = team.log.read_text().count(f"Dispatch {dispatch_id} begins")
    assert begun <= 6


def test_all_leases_are_gone_when_all_agents_have_ended(team: Team) -> None:
    with team.agents(3) as agents:
        for agent in agents:
            agent.stop()
    with team.workspace.read() as session:
        assert session.scalar(select(func.count()).select_from(AgentLease)) == 0
