"""1, 2 and 4 agents together on one dispatch, the workspace in a PostgreSQL database whose commits reach the disk.

Agents, database and receiving server share this machine, so each round also tells who used its cores. Two small runs
more count what arrived: nobody may get two copies, neither when all goes well nor when an agent is killed on the way.
"""

import argparse
import secrets
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from rich.console import Console
from sqlalchemy import func, select

from app.models.keys import WorkspaceKey
from app.models.states import DeliveryState
from app.models.tables import Attempt, Delivery, Dispatch
from app.models.workspace import Workspace, parse_location
from app.reports.metrics import delivery_counts
from app.sending import campaigns
from app.sending.accounts import AccountDraft, change_account
from benchmarks import crowd, newsletter, proof
from benchmarks.agents import Agent, cores
from benchmarks.figures import Figure
from benchmarks.keys import dkim_key_pem
from benchmarks.processes import busy_seconds, cpu_seconds, load_average
from benchmarks.product import account_draft, add_campaign, patience_s, seconds_of
from benchmarks.sink import kept_messages, require_tools, smtp_sink
from tests.postgres import Cluster, binaries, running_cluster

ROUNDS = 1
_NUMBERS = (1, 2, 4)
_CONNECTIONS = 10
_LOOK_EVERY_S = 0.1
_PROOFS = 4_000
_UNTIL_STATISTICS_S = 1.5  # a backend of PostgreSQL tells its counters once a second

Starter = Callable[[int], Agent]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("-n", "--messages", type=int, default=20_000, help="messages a run (20000)")
    parser.add_argument("--agents", type=int, nargs="+", default=_NUMBERS, help="how many together (1 2 4)")
    parser.add_argument("--one-core-each", action="store_true", help="give each agent one core, as a small server has")


@dataclass(frozen=True)
class _Used:
    """CPU seconds of the agents, of PostgreSQL, and of all processes of this machine."""

    agents: float
    database: float
    all: float

    def since(self, before: "_Used") -> "_Used":
        """What was used since then."""
        return _Used(self.agents - before.agents, self.database - before.database, self.all - before.all)


@dataclass(frozen=True)
class _Run:
    """One run: how long it took, and what was used meanwhile.

    Attributes:
        commits: Transactions of the database.
        connections: How many were open to it at the end.
    """

    seconds: float
    used: _Used
    commits: int
    connections: int


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Time all numbers of agents in turns, then count what arrives."""
    require_tools()
    programs = binaries()
    if programs is None:
        raise SystemExit("This benchmark needs PostgreSQL's server.")
    runs: dict[int, list[_Run]] = {number: [] for number in args.agents}
    with running_cluster(programs) as cluster:
        team = _Team(cluster, args.messages, one_core_each=args.one_core_each)
        with smtp_sink() as port:
            for number in range(1, args.rounds + 1):
                for agents in args.agents:
                    runs[agents].append(team.time(agents, port))
                    _tell(console, number, agents, runs[agents][-1], args.messages)
        doubled = _count_arrivals(_Team(cluster, _PROOFS), max(args.agents), console)
    return [*_figures(runs, args.messages), Figure("scale.doubled", doubled, "", _WHO_GOT_TWO, 0, "lower")]


_WHO_GOT_TWO = "recipients with two copies in the runs that count"


class _Team:
    """A workspace in a database with everybody in it and a campaign ready to go, copied afresh for each run."""

    def __init__(self, cluster: Cluster, recipients: int, *, one_core_each: bool = False) -> None:
        self.recipients = recipients
        self._cluster = cluster
        self._one_core_each = one_core_each
        self._key = WorkspaceKey(secrets.token_bytes(32))
        self._draft: AccountDraft = account_draft(dkim_key_pem(), connections=_CONNECTIONS)
        self._master = cluster.database()
        with closing(Workspace.create(self._master, self._key, organisation=newsletter.ORGANISATION)) as workspace:
            crowd.add_people(workspace, recipients)
            self._account_id, self._campaign_id = add_campaign(workspace, self._draft)

    @contextmanager
    def at_work(self, agents: int, port: int) -> Iterator[tuple[Workspace, Sequence[Agent]]]:
        """A copy of the workspace, open, and so many agents that have nothing to do yet."""
        url = self._cluster.database(template=self._master.rpartition("/")[2])
        try:
            with closing(Workspace.open(url, self._key)) as workspace:
                change_account(workspace, self._account_id, replace(self._draft, port=port, dkim_key_pem=None))
                started = [Agent(parse_location(url), self._key, core=self._core(number)) for number in range(agents)]
                for agent in started:
                    agent.wait_until_at_work()
                yield workspace, started
        finally:
            self._cluster.drop(url)

    def time(self, agents: int, port: int) -> _Run:
        """Let so many send to everybody."""
        with self.at_work(agents, port) as (workspace, started):
            before = self._used(started)
            dispatch_id = self.launch(workspace)
            wait_until_finished(workspace, dispatch_id, self.recipients)
            used = self._used(started).since(before)
            seconds = seconds_of(workspace, dispatch_id, self.recipients)
            _check_attempts(workspace, dispatch_id, self.recipients)
            time.sleep(_UNTIL_STATISTICS_S)
            commits, connections = self._statistics(workspace.name)
            for agent in started:
                agent.leave()
            for agent in started:
                agent.wait(patience_s=60)
        return _Run(seconds, used, commits, connections)

    def launch(self, workspace: Workspace) -> int:
        """Have the campaign sent; the result is its dispatch."""
        return campaigns.launch(workspace, self._campaign_id, grace=campaigns.NO_GRACE)

    def _core(self, number: int) -> int | None:
        return cores()[number % len(cores())] if self._one_core_each else None

    def _used(self, agents: Sequence[Agent]) -> "_Used":
        server = int((self._cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
        return _Used(cpu_seconds(agent.pid for agent in agents), cpu_seconds([server]), busy_seconds())

    def _statistics(self, database: str) -> tuple[int, int]:
        """The transactions that a database has committed so far, and its connections."""
        with psycopg.connect(self._cluster.url("postgres", user="postgres")) as connection:
            query = "SELECT xact_commit, numbackends FROM pg_stat_database WHERE datname = %s"
            row = connection.execute(query, [database]).fetchone()
            if row is None:
                raise LookupError(f"there is no database {database}")
            return int(row[0]), int(row[1])


def wait_until_finished(workspace: Workspace, dispatch_id: int, recipients: int) -> None:
    """Return when nothing of a dispatch is left to do.

    Raises:
        SystemExit: it takes too long, or needs the user.
    """
    deadline = time.monotonic() + patience_s(recipients)
    while True:
        with workspace.read() as session:
            dispatch = session.get_one(Dispatch, dispatch_id)
            if dispatch.finished_at is not None:
                return
            if dispatch.problem or time.monotonic() > deadline:
                raise SystemExit(f"The dispatch does not end: {dispatch.problem or dispatch.note}")
        time.sleep(_LOOK_EVERY_S)


def _check_attempts(workspace: Workspace, dispatch_id: int, recipients: int) -> None:
    """Nobody was tried twice, as all went well."""
    with workspace.read() as session:
        tries = session.scalar(
            select(func.count()).select_from(Attempt).join(Delivery).where(Delivery.dispatch_id == dispatch_id)
        )
    if tries != recipients:
        raise SystemExit(f"{tries} attempts for {recipients} recipients.")


def _count_arrivals(team: _Team, agents: int, console: Console) -> int:
    """How many recipients got two copies: when all goes well, and when one of the agents is killed on the way."""
    doubled = 0
    for is_killed in (False, True):
        with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as parent:
            folder = proof.unlock(Path(parent) / "arrived")
            with smtp_sink(keep_in=folder) as port, team.at_work(agents, port) as (workspace, started):
                dispatch_id = team.launch(workspace)
                if is_killed:
                    _wait_until_under_way(workspace, dispatch_id, team.recipients)
                    started[0].kill()
                wait_until_finished(workspace, dispatch_id, team.recipients)
                counts = delivery_counts(workspace, [dispatch_id])[dispatch_id]
                for agent in started[is_killed:]:
                    agent.leave()
                    agent.wait(patience_s=60)
            copies = Counter(recipient for recipient, _ in kept_messages(folder))
        sent, in_doubt = counts[DeliveryState.SENT], counts[DeliveryState.IN_DOUBT]
        twice = sum(number > 1 for number in copies.values())
        console.print(
            f"{agents} agents{', one of them killed' if is_killed else ''}: {sent:,} sent, {in_doubt} in doubt, "
            f"{len(copies):,} of {team.recipients:,} recipients got it, {twice} of them twice"
        )
        if sent + in_doubt != team.recipients or not sent <= len(copies) <= sent + in_doubt:
            raise SystemExit("The workspace does not say what arrived.")
        doubled += twice
    return doubled


def _wait_until_under_way(workspace: Workspace, dispatch_id: int, recipients: int) -> None:
    """Return when a quarter is sent."""
    while delivery_counts(workspace, [dispatch_id])[dispatch_id][DeliveryState.SENT] < recipients / 4:
        time.sleep(_LOOK_EVERY_S / 4)


def _tell(console: Console, number: int, agents: int, found: _Run, messages: int) -> None:
    used = found.used
    named = {
        "agents": used.agents,
        "PostgreSQL": used.database,
        "all others": used.all - used.agents - used.database,
    }
    shares = ", ".join(f"{name} {seconds / found.seconds:.2f}" for name, seconds in named.items())
    rate, commits = messages / found.seconds, found.commits / found.seconds
    console.print(
        f"round {number}: {agents} agents {rate:6.0f} messages/s; of {len(cores())} cores: {shares}; "
        f"{commits:.0f} transactions/s, {found.connections} connections, load {load_average():.1f}"
    )


def _figures(runs: dict[int, list[_Run]], messages: int) -> list[Figure]:
    figures = []
    alone = statistics.median(run.seconds for run in runs[min(runs)])
    for agents, found in runs.items():
        seconds = statistics.median(run.seconds for run in found)
        of_agents = statistics.median(run.used.agents for run in found) / messages * 1000
        of_database = statistics.median(run.used.database for run in found) / messages * 1000
        who = f"{agents} agents together" if agents > 1 else "1 agent"
        against = f"messages, {who}; {alone / seconds:.2f}× of {min(runs)}"
        figures += [
            Figure(f"scale.{agents}", messages / seconds, "/s", against),
            Figure(f"scale.{agents}.cpu", of_agents, "ms", "CPU time a message, all agents"),
            Figure(f"scale.{agents}.database_cpu", of_database, "ms", "CPU time a message, PostgreSQL"),
        ]
    return figures
