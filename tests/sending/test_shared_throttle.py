"""Agents that share a workspace keep an account's limits together, by the clock of the database."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.accounts import Account, AccountPace, AccountUsage
from app.models.database import WorkspaceContended
from app.models.states import AccountKind
from app.models.workspace import Workspace
from app.sending import shared_blocks
from app.sending.clock import Clock, SystemClock
from app.sending.limits import Limits
from app.sending.shared_throttle import SharedThrottle
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow
from tests.sending.clocks import START, FakeClock


class Agents:
    """Makes throttles as agents of their own would have them, and closes them at the end."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.throttles: list[SharedThrottle] = []
        self.account_id = self.new_account()

    def new_account(self) -> int:
        with self.workspace.write() as session:
            account = Account(name="Shop", kind=AccountKind.SMTP)
            session.add(account)
            session.flush()
            return account.id

    def throttle(
        self,
        limits: Limits,
        *,
        account_id: int | None = None,
        clock: Clock | None = None,
        window: SendingWindow | None = None,
        warm_up: WarmUp | None = None,
    ) -> SharedThrottle:
        made = SharedThrottle(
            self.workspace,
            account_id or self.account_id,
            limits,
            clock=clock or SystemClock(),
            window=window,
            warm_up=warm_up,
        )
        self.throttles.append(made)
        return made

    def counted(self) -> int:
        with self.workspace.read() as session:
            return sum(session.scalars(select(AccountUsage.count)))

    def pace(self) -> AccountPace:
        with self.workspace.read() as session:
            return session.scalars(select(AccountPace)).one()

    def sent(self, minute: int, messages: int) -> None:
        with self.workspace.write() as session:
            session.add(AccountUsage(account_id=self.account_id, minute=minute, count=messages))


@pytest.fixture
async def agents(workspace: Workspace) -> AsyncIterator[Agents]:
    made = Agents(workspace)
    yield made
    for throttle in made.throttles:
        await throttle.close()


async def taken(throttle: SharedThrottle, clock: FakeClock, most: int = 10_000) -> int:
    """How many messages may go without time passing, asking as long as there is anything to be had."""
    for number in range(most):
        if throttle.reserve() > 0:
            await throttle.refill()
            if throttle.reserve() > 0:
                return number
    return most


async def run_for(seconds: float, throttles: list[SharedThrottle]) -> list[float]:
    """The moments at which agents that have endless work send, over *seconds* from the first message on."""
    times: list[float] = []

    async def one(throttle: SharedThrottle) -> None:
        while not times or time.monotonic() < times[0] + seconds:
            await throttle.acquire()
            times.append(time.monotonic())

    await asyncio.gather(*(one(throttle) for throttle in throttles))
    return sorted(at - min(times) for at in times)


def most_in_any(window_s: float, times: list[float]) -> int:
    return max(sum(start <= at < start + window_s for at in times) for start in times)


@pytest.mark.any_workspace
@pytest.mark.parametrize("number", [1, 3])
async def test_agents_together_keep_a_rate(agents: Agents, number: int) -> None:
    async def messages_of(rate: int) -> list[float]:
        account_id = agents.new_account()
        limits = Limits(per_second=rate)
        return await run_for(6.5, [agents.throttle(limits, account_id=account_id) for _ in range(number)])

    rates = (1, 14, 200)
    for rate, times in zip(rates, await asyncio.gather(*map(messages_of, rates)), strict=True):
        assert sum(at <= 6.5 for at in times) == pytest.approx(6.5 * rate, rel=0.02, abs=1)
        assert most_in_any(1.0, times) <= rate + max(1, rate * 0.1)


@pytest.mark.any_workspace
async def test_agents_together_use_a_limit_up_and_never_exceed_it(agents: Agents) -> None:
    throttles = [agents.throttle(Limits(per_hour=100, per_day=90, per_30_days=95)) for _ in range(3)]

    async def send(throttle: SharedThrottle) -> int:
        sent = 0
        while (wait_s := throttle.reserve()) < 1:
            sent += wait_s == 0
            await asyncio.sleep(wait_s)
        return sent

    sent = await asyncio.gather(*(send(throttle) for throttle in throttles))

    assert sum(sent) == agents.counted() == 90
    assert {throttle.waiting_for for throttle in throttles} == {"the limit of 90 a day"}


@pytest.mark.any_workspace
async def test_a_limit_a_minute_is_spaced(agents: Agents) -> None:
    throttles = [agents.throttle(Limits(per_minute=300)) for _ in range(2)]

    times = await run_for(2.05, throttles)

    assert sum(at <= 2.05 for at in times) == pytest.approx(11, abs=1)


@pytest.mark.any_workspace
async def test_an_account_without_limits_is_not_slowed(agents: Agents) -> None:
    throttle = agents.throttle(Limits())
    start = time.monotonic()

    for _ in range(2000):
        await throttle.acquire()

    assert time.monotonic() - start < 2


async def test_what_was_sent_before_counts_and_is_named(agents: Agents) -> None:
    clock = FakeClock()
    minute = int(START.timestamp()) // 60
    agents.sent(minute - 30, 7)
    agents.sent(minute - 10, 2)
    throttle = agents.throttle(Limits(per_hour=10), clock=clock)

    assert await taken(throttle, clock) == 1
    assert throttle.next_free_in() == pytest.approx(31 * 60 - 20)
    assert throttle.waiting_for == "the limit of 10 an hour"
    assert throttle.usage() == [(minute - 30, 7), (minute - 10, 2), (minute, 1)]


@pytest.mark.parametrize(
    ("limits", "wait_s"),
    [
        (Limits(per_hour=5), 3600 + 40),
        (Limits(per_day=5), 86_400 + 40),
        (Limits(per_30_days=5), 30 * 86_400 + 40),
    ],
)
async def test_a_full_window_is_free_again_when_its_first_minute_has_left(
    agents: Agents, limits: Limits, wait_s: float
) -> None:
    clock = FakeClock()
    throttle = agents.throttle(limits, clock=clock)

    assert await taken(throttle, clock) == 5
    assert throttle.next_free_in() == pytest.approx(wait_s)
    clock.pass_by(wait_s)
    assert await taken(throttle, clock) == 5


async def test_a_limit_of_a_calendar_day_is_free_again_at_midnight_of_the_zone(agents: Agents) -> None:
    clock = FakeClock()  # 13:00:20 in Berlin
    throttle = agents.throttle(
        Limits(),
        clock=clock,
        window=SendingWindow(time_zone="Europe/Berlin", per_day=15),
        warm_up=WarmUp(START.date(), first_day=10, growth=2),
    )

    assert await taken(throttle, clock) == 10
    assert throttle.waiting_for == "the limit of 10 today, while the account is warmed up"
    assert throttle.next_free_in() == pytest.approx(11 * 3600 - 20)
    clock.pass_by(11 * 3600 - 20)
    assert await taken(throttle, clock) == 15
    assert throttle.waiting_for == "the limit of 15 on one day"


async def test_nothing_leaves_while_the_window_is_closed(agents: Agents) -> None:
    clock = FakeClock()
    window = SendingWindow(opens=dt.time(14), closes=dt.time(14, 30))
    throttle = agents.throttle(Limits(per_second=1), clock=clock, window=window)

    assert await taken(throttle, clock) == 0
    assert throttle.waiting_for == "the sending hours, which begin on Tuesday at 14:00, UTC"
    clock.pass_by(throttle.next_free_in())
    assert await taken(throttle, clock) == 1


@pytest.mark.any_workspace
async def test_an_agent_that_ends_gives_back_what_it_holds_and_its_moments(agents: Agents) -> None:
    throttle = agents.throttle(Limits(per_second=50, per_day=1000))
    await throttle.refill()
    for _ in range(3):
        await throttle.acquire()
    held = agents.counted()

    await throttle.close()

    assert held == 15
    assert agents.counted() == 3
    assert agents.pace().next_us / 1e6 < time.time() + 1 / 50


async def test_what_an_agent_without_work_holds_is_given_back(agents: Agents) -> None:
    throttle = agents.throttle(Limits(per_day=1000))
    await throttle.refill()
    throttle.reserve()
    assert agents.counted() == 50

    await asyncio.sleep(1.3)

    assert agents.counted() == 1


async def test_a_message_that_is_given_back_may_go_again(agents: Agents) -> None:
    throttle = agents.throttle(Limits(per_day=3))
    await throttle.refill()
    assert [throttle.reserve() for _ in range(3)] == [0, 0, 0]

    throttle.give_back()
    await throttle.refill()

    assert throttle.reserve() == 0
    assert throttle.reserve() > 0
    assert agents.counted() == 3


@pytest.mark.any_workspace
async def test_an_objection_slows_all_agents_once(agents: Agents) -> None:
    throttles = [agents.throttle(Limits(per_second=100)) for _ in range(2)]
    await run_for(0.5, throttles)

    for throttle in throttles:
        throttle.slow_down()
    await asyncio.sleep(0.5)
    times = await run_for(1.0, throttles)

    assert agents.pace().rate == pytest.approx(50, rel=0.01)
    assert agents.pace().ceiling == pytest.approx(100, rel=0.01)
    assert sum(at <= 1.0 for at in times) == pytest.approx(51, abs=4)
    assert throttles[0].next_free_in() == 0 or "asked us to send more slowly" in (throttles[0].waiting_for or "")


async def test_a_wait_the_server_names_holds_all_agents(agents: Agents) -> None:
    clock = FakeClock()
    first, second = (agents.throttle(Limits(), clock=clock) for _ in range(2))
    await taken(first, clock, 5)

    first.slow_down(retry_after_s=300)
    assert first.next_free_in() == 300
    await first.refill()

    assert await taken(second, clock) == 0
    assert second.next_free_in() == pytest.approx(300)
    assert second.waiting_for == "the time after which the server wants to hear from us again"


async def test_an_account_without_limits_is_slowed_to_half_of_what_it_did(agents: Agents) -> None:
    clock = FakeClock()
    throttle = agents.throttle(Limits(), clock=clock)
    for _ in range(10):
        assert await taken(throttle, clock, 40) == 40
        clock.pass_by(1)

    throttle.slow_down()
    await throttle.refill()

    assert agents.pace().rate == pytest.approx(20, rel=0.15)


async def test_a_pace_that_has_recovered_is_forgotten(agents: Agents) -> None:
    clock = FakeClock()
    throttle = agents.throttle(Limits(per_second=10), clock=clock)
    throttle.slow_down()
    await throttle.refill()
    clock.pass_by(700)

    await throttle.refill()

    assert agents.pace().rate is None


async def test_history_older_than_30_days_is_removed(agents: Agents) -> None:
    clock = FakeClock()
    minute = int(START.timestamp()) // 60
    agents.sent(minute - 31 * 24 * 60, 7)
    agents.sent(minute - 29 * 24 * 60, 2)

    await agents.throttle(Limits(), clock=clock).refill()

    with agents.workspace.read() as session:
        assert sorted(session.scalars(select(AccountUsage.count))) == [2, 50]


async def test_a_workspace_that_cannot_be_written_is_told_once_and_tried_again(
    agents: Agents, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttle = agents.throttle(Limits())
    with monkeypatch.context() as broken:
        broken.setattr(agents.workspace, "write", lambda: 1 / 0)
        throttle.next_free_in()
        await asyncio.sleep(0.05)
        with pytest.raises(ZeroDivisionError):
            throttle.next_free_in()

    await throttle.acquire()


async def test_standing_in_each_others_way_in_the_database_is_no_failure(
    agents: Agents, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, tries = shared_blocks.lock, 0

    def contended(session: Session, account_id: int) -> AccountPace:
        nonlocal tries
        tries += 1
        if tries <= 3:
            raise WorkspaceContended("Somebody else was changing the same thing.", "Repeat it.")
        return lock(session, account_id)

    monkeypatch.setattr(shared_blocks, "lock", contended)
    await agents.throttle(Limits(per_day=3)).acquire()
    assert tries >= 4
    assert agents.counted() == 3
