"""Whatever people, servers and power cuts do, and in whatever order: each recipient ends in exactly one state, and that
is true.

Hypothesis picks the order. The agent is a process of its own and its crash is a SIGKILL. As time plays a part, the same
steps may end otherwise the next time: STORM_EXAMPLES says how often to try, and STORM_SHRINK=1 looks for fewer steps.
"""

import os
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.models.workspace import SUFFIX, Workspace
from app.sending.limits import Limits
from tests.engine.builders import add_contacts
from tests.engine.quick_agents import QuickAgent
from tests.engine.storm import Storm
from tests.engine.storm_server import SILENT, WEATHER, StormServer, storm_servers
from tests.postgres import KEY
from tests.sending.smtp_server import Fault, Step

PEOPLE = 60
EXAMPLES = int(os.environ.get("STORM_EXAMPLES", "9"))
PHASES = [phase for phase in Phase if phase is not Phase.shrink or os.environ.get("STORM_SHRINK")]
_BREATH_S = 0.02
_PATIENCE_S = 45.0

which = st.integers(0, PEOPLE - 1)
faults = st.sampled_from(
    [(step, fault) for weather in (WEATHER, SILENT) for step, several in weather.items() for fault in several]
)


class OneAgent:
    """The one agent of a file; `tests.engine.storm.Agents` is its contract."""

    def __init__(self, workspace: Workspace, log: Path) -> None:
        self._location = str(workspace.path)
        self._log = log
        self._agent: QuickAgent | None = None

    def begin(self) -> None:
        if self._agent is None:
            self._agent = QuickAgent(self._location, self._log)
            self._agent.until_at_work()

    def crash(self) -> None:
        if self._agent is not None:
            self._agent.kill()
            self._agent = None

    def stop(self) -> None:
        if self._agent is not None:
            agent, self._agent = self._agent, None
            agent.stop()


class StormMachine(RuleBasedStateMachine):
    """The storm, one deed after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(TemporaryDirectory()))

    @initialize(pipelining=st.booleans())
    def begin(self, pipelining: bool) -> None:
        workspace = Workspace.create(self._folder / f"storm{SUFFIX}", KEY, organisation="Blumen Berger")
        self._stack.callback(workspace.close)
        people = [f"p{number}@example.com" for number in range(PEOPLE)]
        add_contacts(workspace, people)
        two = [StormServer(pipelining=pipelining), StormServer(pipelining=not pipelining)]
        servers = self._stack.enter_context(storm_servers(*two))
        agents = OneAgent(workspace, self._folder / "log")
        self._stack.callback(agents.crash)
        self.storm = Storm(workspace, servers, agents, people)
        self.storm.launch()
        agents.begin()

    @rule(seconds=st.sampled_from([0.02, 0.1, 0.3]))
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    @rule(found=faults, times=st.integers(1, 6), server=st.integers(0, 1))
    def fault(self, found: tuple[Step, Fault], times: int, server: int) -> None:
        step, fault = found
        self.storm.servers.all[server].at(step, *[fault] * times)

    @rule()
    def hang_up(self) -> None:
        self.storm.servers.hang_up()

    @rule(idle_s=st.sampled_from([None, 0.01, 0.05]), per_second=st.sampled_from([None, 5, 40]))
    def strict_server(self, idle_s: float | None, per_second: int | None) -> None:
        for server in self.storm.servers.all:
            server.idle_s, server.per_second = idle_s, per_second

    @rule()
    def crash(self) -> None:
        self.storm.crash()

    @rule()
    def begin_anew(self) -> None:
        self.storm.agents.begin()

    @rule()
    def end_in_good_order(self) -> None:
        self.storm.servers.hang_up()  # or it would wait for those that say nothing
        self.storm.stop()

    @rule(which=which)
    def pause(self, which: int) -> None:
        self.storm.pause(which)

    @rule(which=which)
    def resume(self, which: int) -> None:
        self.storm.resume(which)

    @precondition(lambda self: len(self.storm.dispatches) > 1)
    @rule(which=which)
    def cancel(self, which: int) -> None:
        self.storm.cancel(which)

    @precondition(lambda self: len(self.storm.dispatches) < 3)
    @rule()
    def another_campaign(self) -> None:
        self.storm.launch()

    @rule(which=which)
    def urgent(self, which: int) -> None:
        self.storm.urgent(which)

    @rule(which=which)
    def suppress(self, which: int) -> None:
        self.storm.suppress(which)

    @rule(
        server=st.integers(0, 1),
        per_second=st.sampled_from([None, 20, 400]),
        per_day=st.sampled_from([None, 10, 100]),
        connections=st.integers(1, 4),
        messages=st.sampled_from([1, 7, 100]),
    )
    def change_account(
        self, server: int, per_second: int | None, per_day: int | None, connections: int, messages: int
    ) -> None:
        limits = Limits(per_second=per_second, per_day=per_day)
        self.storm.change_account(server=server, limits=limits, connections=connections, messages=messages)

    @rule(which=which)
    def retry_failed(self, which: int) -> None:
        self.storm.retry_failed(which)

    @rule(which=which)
    def resend_in_doubt(self, which: int) -> None:
        self.storm.resend_in_doubt(which)

    @rule()
    def let_time_pass(self) -> None:
        self.storm.let_time_pass()

    @invariant()
    def nothing_is_untrue(self) -> None:
        time.sleep(_BREATH_S)
        self.storm.check()

    def teardown(self) -> None:
        with self._stack:
            if hasattr(self, "storm"):
                self.storm.bring_to_an_end(patience_s=_PATIENCE_S)
                ledger = self.storm.ledger()
                assert ledger.balances, (ledger, ledger.untruths)


StormMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=PHASES,
)
TestStorm = pytest.mark.timeout(EXAMPLES * 60)(StormMachine.TestCase)
