"""A storm over real agent processes, for as long as one likes: they are killed at random while servers misbehave in
every way they can and people pause, resume, cancel, change limits, retry and resend. At the end the servers behave, and
everything is brought to an end. Then the books must balance: every recipient queued is sent, failed, in doubt, skipped
or cancelled, what the servers took is what the workspace says, and nobody got two. The exit code is 1 if they do not.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from rich.console import Console
from sqlalchemy import delete

from app.errors import UserFacingError
from app.models.database import WorkspaceUnavailable
from app.models.location import Location
from app.models.tables import AccountPace
from app.models.workspace import SUFFIX, Workspace
from app.sending.limits import Limits
from benchmarks.agents import Agent
from benchmarks.figures import Figure
from tests.engine.builders import add_contacts
from tests.engine.storm import Ledger, Storm
from tests.engine.storm_server import SILENT, StormServer, storm_servers
from tests.postgres import KEY, binaries, running_cluster

ROUNDS = 1  # one storm, however often is asked for
_OPEN_CAMPAIGNS = 3
_RARITY = 120
_CHECK_EVERY_S = 15.0
_LONGEST_BREATH_S = 0.4
_PATIENCE_S = 600.0
_STOP_S = 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is particular to this benchmark."""
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the storm lasts (10)")
    parser.add_argument("--people", type=int, default=2000, help="recipients of each campaign (2,000)")
    parser.add_argument("--agents", type=int, default=1, help="how many agents; more than one need a database (1)")
    parser.add_argument("--database", help="the address of an empty PostgreSQL database (a server of its own)")
    parser.add_argument("--seed", type=int, help="of the chances; the moments still differ")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Let the storm rage, print the ledger, and exit with 1 if it does not balance."""
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(2**32)
    console.print(f"Seed {seed}.")
    with _location(args) as (location, folder):
        os.environ["MASS_MAIL_HOME"] = str(folder)
        ledger = _rage(args, random.Random(seed), location, console)
    if not ledger.balances:
        raise SystemExit(1)
    return [
        Figure("chaos.recipients", ledger.states.total(), "", f"{args.agents} agents, {args.minutes:g} minutes"),
        Figure("chaos.duplicates", ledger.doubles, "", "what the servers took", goal=0, better="lower"),
        Figure("chaos.untruths", len(ledger.untruths), "", "what the servers took", goal=0, better="lower"),
    ]


class RealAgents:
    """So many agents as `main.py agent` starts them; `tests.engine.storm.Agents` is the contract.

    Attributes:
        faults: How often one ended that nobody had told to, by what it said.
    """

    def __init__(self, location: Location, count: int, rng: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self._location = location
        self._count = count
        self._rng = rng
        self._agents: list[Agent] = []

    def begin(self) -> None:
        """Have as many as there should be."""
        for agent in [one for one in self._agents if not one.is_running]:
            self._agents.remove(agent)
            try:
                agent.wait(patience_s=0)
            except SystemExit as error:
                self.faults[str(error)] += 1
            else:
                self.faults["It ended by itself."] += 1
        new = [Agent(self._location, KEY) for _ in range(self._count - len(self._agents))]
        self._agents += new
        for agent in new:
            agent.wait_until_at_work()

    def crash(self) -> None:
        """Kill one, and start another in its place."""
        if self._agents:
            self._agents.pop(self._rng.randrange(len(self._agents))).kill()
        self.begin()

    def stop(self) -> None:
        """Have one end in good order, and start another in its place."""
        if self._agents:
            agent = self._agents.pop()
            os.kill(agent.pid, signal.SIGTERM)
            agent.wait(patience_s=_STOP_S)
        self.begin()

    def end(self) -> None:
        """Kill them all."""
        for agent in self._agents:
            agent.kill()


def _rage(args: argparse.Namespace, rng: random.Random, location: str | Path, console: Console) -> Ledger:
    with ExitStack() as stack:
        workspace = stack.enter_context(closing(Workspace.create(location, KEY, organisation="Chaos")))
        people = [f"p{number}@example.com" for number in range(args.people)]
        add_contacts(workspace, people)
        two = [StormServer(rng=rng, rarity=_RARITY, pipelining=bool(number)) for number in range(2)]
        servers = stack.enter_context(storm_servers(*two))
        agents = RealAgents(workspace.location, args.agents, rng)
        stack.callback(agents.end)
        storm = Storm(workspace, servers, agents, people, connections=4)
        agents.begin()
        _let_it_rage(storm, rng, args.minutes * 60, console)
        console.print("The servers behave from now on; everything is brought to an end.")
        storm.bring_to_an_end(patience_s=_PATIENCE_S)
        ledger = storm.ledger()
        _print(ledger, storm, agents, console)
        return ledger


def _let_it_rage(storm: Storm, rng: random.Random, seconds: float, console: Console) -> None:
    deeds = _deeds(storm, rng)
    began = time.monotonic()
    next_check = began + _CHECK_EVERY_S
    while (now := time.monotonic()) < began + seconds:
        if storm.open_campaigns() < _OPEN_CAMPAIGNS:
            storm.launch()
        (deed,) = rng.choices([one for one, _ in deeds], [weight for _, weight in deeds])
        with suppress(WorkspaceUnavailable):  # somebody else is writing for long: the click says so
            deed()
        if now >= next_check:
            storm.check()
            console.print(f"{now - began:5.0f} s: {storm.ledger()}")
            next_check = now + _CHECK_EVERY_S
        time.sleep(rng.random() * _LONGEST_BREATH_S)


def _deeds(storm: Storm, rng: random.Random) -> list[tuple[Callable[[], None], int]]:
    """What may happen, and how often in comparison to the rest."""

    def which() -> int:
        return len(storm.dispatches) - 1 - rng.randrange(_OPEN_CAMPAIGNS + 1)

    def change_account() -> None:
        limits = Limits(per_second=rng.choice([None, None, 100, 500]))
        server, connections = rng.randrange(2), rng.randint(1, 6)
        storm.change_account(
            server=server, limits=limits, connections=connections, messages=rng.choice([1, 20, 20, 100])
        )

    def strict_servers() -> None:
        for server in storm.servers.all:
            server.idle_s = rng.choice([None, None, 0.05])
            server.per_second = rng.choice([None, None, None, 100])

    def silent_server() -> None:
        step, faults = rng.choice(list(SILENT.items()))
        storm.servers.all[rng.randrange(2)].at(step, *faults)

    def time_passes() -> None:
        storm.let_time_pass()
        with storm.workspace.write() as session:
            session.execute(delete(AccountPace))

    return [
        (lambda: storm.pause(which()), 4),
        (lambda: storm.resume(which()), 16),
        (lambda: storm.cancel(which()), 1),
        (lambda: storm.urgent(rng.randrange(len(storm.people))), 4),
        (lambda: storm.suppress(rng.randrange(len(storm.people))), 1),
        (lambda: storm.retry_failed(which()), 3),
        (lambda: storm.resend_in_doubt(which()), 1),
        (change_account, 3),
        (strict_servers, 2),
        (silent_server, 2),
        (storm.servers.hang_up, 4),
        (time_passes, 10),
        (storm.crash, 2),
        (storm.agents.begin, 2),
    ]


def _print(ledger: Ledger, storm: Storm, agents: RealAgents, console: Console) -> None:
    faults = sum((server.faults for server in storm.servers.all), Counter[str]())
    console.print(f"Deeds: {', '.join(f'{count} × {deed}' for deed, count in storm.deeds.most_common())}.")
    console.print(f"Faults of the servers: {faults.total():,}, of {len(faults)} kinds.")
    console.print(f"Ledger: {ledger}.")
    for untruth in ledger.untruths:
        console.print(f"[red]Untrue: {untruth}")
    for fault, count in agents.faults.items():
        console.print(f"[red]{count} × {fault}")
    console.print("It balances." if ledger.balances else "[red]It does not balance.")


@contextmanager
def _location(args: argparse.Namespace) -> Iterator[tuple[str | Path, Path]]:
    """Where the workspace is to be, and a folder for the logs."""
    with tempfile.TemporaryDirectory(prefix="mass-mail-chaos-") as name, ExitStack() as stack:
        folder = Path(name)
        if args.database is not None:
            yield args.database, folder
        elif args.agents == 1:
            yield folder / f"chaos{SUFFIX}", folder
        elif (programs := binaries()) is not None:
            yield stack.enter_context(running_cluster(programs)).database(), folder
        else:
            raise UserFacingError("Several agents need a PostgreSQL server.", "Install one, or add --database.")
