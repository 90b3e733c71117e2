"""Everything at once, many times over: whatever happens, each recipient ends in exactly one state that is true."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, update

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import CampaignStatus, DeliveryState, DispatchState
from app.models.tables import AccountPace, Delivery
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending import campaigns
from app.sending.throttle import Limits
from tests.engine.builders import add_contacts, an_account, change_limits, launched
from tests.engine.conftest import an_agent, until
from tests.sending.smtp_server import DROP, Fault, SmtpServer, Step, answer, answer_and_drop, late

PEOPLE = 250
DEEDS = 25
_PAUSE_S = 0.06

WEATHER: dict[Step, tuple[Fault, ...]] = {
    Step.GREETING: (answer_and_drop("421 4.3.2 Too many connections"), DROP),
    Step.EHLO: (answer_and_drop("421 4.3.2 Going down"), DROP),
    Step.MAIL: (
        answer_and_drop("421 4.7.0 Try again later"),
        answer("451 4.3.0 Temporary trouble"),
        answer("530 5.7.0 Authentication required"),
        DROP,
    ),
    Step.RCPT: (
        answer("450 4.7.1 Greylisted"),
        answer("452 4.2.2 Mailbox full"),
        answer("550 5.1.1 No such user"),
        answer_and_drop("421 4.4.2 Timeout"),
        DROP,
    ),
    Step.DATA: (answer("451 4.3.0 Not now"), answer("554 5.6.0 Refused"), DROP),
    Step.CONTENT: (DROP,),
    Step.DOT: (
        answer("451 4.3.0 Not now"),
        answer("552 5.3.4 Too big"),
        answer_and_drop("421 4.3.0 Going down"),
        late(0.05),
        DROP,
    ),
}


@dataclass
class StormyServer(SmtpServer):
    """A server that does something else than it should at every *rarity*-th step."""

    rng: random.Random = field(default_factory=random.Random)
    rarity: int = 25
    is_calm: bool = False

    def fault_at(self, step: Step) -> Fault | None:
        if self.is_calm or step not in WEATHER or self.rng.randrange(self.rarity):
            return None
        return self.rng.choice(WEATHER[step])


def let_time_pass(workspace: Workspace) -> None:
    with workspace.write() as session:
        session.execute(update(Delivery).where(Delivery.state == DeliveryState.DEFERRED).values(due_at=utcnow()))


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["to the end", "cancelled"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_storm_makes_a_state_untrue(workspace: Workspace, seed: int, is_cancelled: bool) -> None:
    rng = random.Random(seed)
    add_contacts(workspace, [f"p{number}@example.com" for number in range(PEOPLE)])
    async with StormyServer(rng=rng, pipelining=seed % 2 == 0) as server:
        identity_id = an_account(workspace, server.port, connections=4, messages_per_connection=7)
        dispatch_id = launched(workspace, identity_id)
        deeds: list[Callable[[], None]] = [
            lambda: campaigns.pause(workspace, dispatch_id),
            lambda: campaigns.resume(workspace, dispatch_id),
            lambda: campaigns.resume(workspace, dispatch_id),
            lambda: change_limits(workspace, identity_id, Limits(per_second=rng.randint(20, 400))),
            lambda: let_time_pass(workspace),
            server.hang_up,
        ]
        for _ in range(5):
            async with an_agent(workspace):
                for _ in range(DEEDS // 5):
                    with suppress(UserFacingError):  # it may be over already
                        rng.choice(deeds)()
                    await asyncio.sleep(rng.random() * _PAUSE_S)
            counts = dispatch_report(workspace, dispatch_id).counts
            assert counts[DeliveryState.SENDING] == 0
            assert counts.total in (0, PEOPLE)
        server.is_calm = True
        if is_cancelled:
            with suppress(UserFacingError):
                campaigns.cancel(workspace, dispatch_id)
        await _bring_to_an_end(workspace, dispatch_id, identity_id)
    _check(workspace, dispatch_id, server)


async def _bring_to_an_end(workspace: Workspace, dispatch_id: int, identity_id: int) -> None:
    """Let the agent do what is left, as a patient user would, who lets the account come back to its old pace."""
    change_limits(workspace, identity_id, Limits(per_second=5000))
    with workspace.write() as session:
        session.execute(delete(AccountPace))
    over = (DispatchState.FINISHED, DispatchState.CANCELLED)
    async with an_agent(workspace):
        for _ in range(20):
            with suppress(UserFacingError):
                campaigns.resume(workspace, dispatch_id)
            let_time_pass(workspace)
            report = await until(
                workspace,
                dispatch_id,
                lambda report: (
                    report.state in over
                    or report.status is CampaignStatus.NEEDS_YOU
                    or 0 < report.counts.left == report.counts[DeliveryState.DEFERRED]
                ),
            )
            if report.state in over:
                return
    raise AssertionError(report)


def _check(workspace: Workspace, dispatch_id: int, server: SmtpServer) -> None:
    rows = delivery_page(workspace, delivery_ids(workspace, dispatch_id))
    received = Counter(server.recipients)
    copies_by_state: dict[DeliveryState, set[int]] = {}
    for row in rows:
        copies_by_state.setdefault(row.state, set()).add(received[row.address])
    in_doubt = copies_by_state.pop(DeliveryState.IN_DOUBT, set())
    assert len({row.address for row in rows}) == len(rows) in (0, PEOPLE)
    assert in_doubt <= {0, 1}
    assert copies_by_state.pop(DeliveryState.SENT, {1}) == {1}
    assert set().union(*copies_by_state.values()) <= {0}
    assert set(copies_by_state) <= {DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.CANCELLED}
