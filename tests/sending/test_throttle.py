"""Limits hold exactly in every window, survive a restart, and the pace gives way when asked to."""

import asyncio
import datetime as dt
import random
import time
import timeit
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sending.throttle import Limits, SystemClock, Throttle
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow
from tests.sending.clocks import START, FakeClock

BERLIN = "Europe/Berlin"


async def moments(throttle: Throttle, clock: FakeClock, count: int) -> list[float]:
    """When, in seconds from now, the next *count* messages may go."""
    start = clock.monotonic()
    times = []
    for _ in range(count):
        await throttle.acquire()
        times.append(clock.monotonic() - start)
    return times


def most_in_any(window_s: float, times: list[float]) -> int:
    return max(sum(start <= at < start + window_s for at in times) for start in times)


async def test_without_limits_nothing_waits() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)

    assert await moments(throttle, clock, 1000) == [0.0] * 1000
    assert throttle.waiting_for is None


async def test_per_second_is_spaced_evenly() -> None:
    clock = FakeClock()

    times = await moments(Throttle(Limits(per_second=4), clock=clock), clock, 9)

    assert times == pytest.approx([0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0], abs=0.005)


@pytest.mark.parametrize(
    ("limits", "window_s", "limit", "step_s"),
    [
        (Limits(per_second=7), 1.0, 7, 0.001),
        (Limits(per_minute=20), 60.0, 20, 0.1),
        (Limits(per_hour=30), 3600.0, 30, 60.0),
        (Limits(per_day=40), 86_400.0, 40, 60.0),
    ],
)
async def test_a_limit_is_never_exceeded_and_nearly_reached(
    limits: Limits, window_s: float, limit: int, step_s: float
) -> None:
    clock = FakeClock()

    times = await moments(Throttle(limits, clock=clock), clock, limit * 3)

    assert most_in_any(window_s, times) == limit
    assert times[limit * 2] <= 2 * (window_s + step_s) + 0.01


async def test_all_limits_hold_together() -> None:
    clock = FakeClock()
    limits = Limits(per_second=5, per_minute=60, per_hour=200, per_day=500)

    times = await moments(Throttle(limits, clock=clock), clock, 700)

    assert most_in_any(1.0, times) <= 5
    assert most_in_any(60.0, times) == 60
    assert most_in_any(3600.0, times) == 200
    assert most_in_any(86_400.0, times) == 500


@settings(deadline=None, max_examples=50)
@given(
    per_second=st.integers(1, 50),
    per_minute=st.integers(1, 200),
    pauses=st.lists(st.floats(0, 90), max_size=40),
    drift_s=st.floats(0, 0.02),
)
def test_no_pattern_of_arrivals_breaks_a_limit(
    per_second: int, per_minute: int, pauses: list[float], drift_s: float
) -> None:
    async def run() -> list[float]:
        clock = FakeClock(drift_s=drift_s)
        throttle = Throttle(Limits(per_second=per_second, per_minute=per_minute), clock=clock)
        times = []
        for pause in pauses:
            clock.pass_by(pause)
            for _ in range(5):
                await throttle.acquire()
                times.append(clock.monotonic())
        return times

    times = asyncio.run(run())

    assert not times or (most_in_any(1.0, times) <= per_second and most_in_any(60.0, times) <= per_minute)


async def test_late_sleeps_are_caught_up() -> None:
    clock = FakeClock(drift_s=0.001)

    times = await moments(Throttle(Limits(per_second=2000), clock=clock), clock, 6001)

    assert times[-1] == pytest.approx(3.0, rel=0.02)


async def test_two_thousand_a_second_is_reached_on_the_real_clock() -> None:
    throttle = Throttle(Limits(per_second=2000), clock=SystemClock())
    start = time.perf_counter()

    for _ in range(400):
        await throttle.acquire()

    assert 400 / (time.perf_counter() - start) > 1000


async def test_reserve_takes_a_slot_or_says_how_long_to_wait() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_minute=1), clock=clock)

    first, second = throttle.reserve(), throttle.reserve()

    assert first == 0.0
    assert 60 <= second <= 60.1
    assert throttle.next_free_in() == second
    clock.pass_by(second)
    assert throttle.reserve() == 0.0


async def test_waiters_go_in_the_order_they_came() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_second=10), clock=clock)
    served = []

    async def one(number: int) -> None:
        await throttle.acquire()
        served.append(number)

    await asyncio.gather(*(one(number) for number in range(20)))

    assert served == list(range(20))


async def test_what_was_sent_before_a_restart_counts() -> None:
    clock = FakeClock()
    before = Throttle(Limits(per_hour=10), clock=clock)
    await moments(before, clock, 10)

    after = Throttle(Limits(per_hour=10), clock=clock, usage=before.usage())

    assert after.usage() == before.usage() == [(int(START.timestamp()) // 60, 10)]
    assert after.next_free_in() == pytest.approx(3600 + 40)
    assert after.waiting_for == "the limit of 10 an hour"


async def test_a_restart_within_the_minute_does_not_double_the_minutes_limit() -> None:
    clock = FakeClock()
    before = Throttle(Limits(per_minute=10), clock=clock)
    await moments(before, clock, 10)
    clock.pass_by(5)

    after = Throttle(Limits(per_minute=10), clock=clock, usage=before.usage())

    assert 55 <= after.next_free_in() <= 60.2


async def test_usage_forgets_what_is_older_than_30_days() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)
    await throttle.acquire()
    clock.pass_by(30 * 86_400 - 60)
    kept = throttle.usage()

    clock.pass_by(3661)

    assert [count for _, count in kept] == [1]
    assert throttle.usage() == []


async def test_usage_of_days_ago_comes_by_the_hour_and_counts_nothing_twice() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)
    for _ in range(40):
        await moments(throttle, clock, 3)
        clock.pass_by(47 * 60)

    usage = throttle.usage()

    assert sum(count for _, count in usage) == 120
    assert usage == Throttle(Limits(), clock=clock, usage=usage).usage()
    assert all(minute % 60 == 0 for minute, _ in usage if minute * 60 < clock.date.timestamp() - 86_400 - 120)


async def test_a_limit_in_30_days_survives_a_restart() -> None:
    clock = FakeClock()
    before = Throttle(Limits(per_30_days=100), clock=clock)
    await moments(before, clock, 100)
    clock.pass_by(10 * 86_400)

    after = Throttle(Limits(per_30_days=100), clock=clock, usage=before.usage())

    assert 20 * 86_400 <= after.next_free_in() <= 20 * 86_400 + 3600
    assert after.waiting_for == "the limit of 100 in 30 days"


async def test_a_suspended_computer_notices_that_a_day_has_passed() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_day=1), clock=clock)
    await throttle.acquire()

    clock.date += timedelta(days=1, minutes=1)  # the monotonic clock stood still

    assert throttle.next_free_in() == 0.0


async def test_a_calendar_set_back_blocks_for_no_longer_than_the_window() -> None:
    clock = FakeClock(now=START + timedelta(days=400))
    throttle = Throttle(Limits(per_hour=1), clock=clock)
    await throttle.acquire()

    clock.date = START

    assert 3600 <= throttle.next_free_in() <= 3660


async def test_history_from_the_future_blocks_for_no_longer_than_the_window() -> None:
    ahead = int((START + timedelta(days=400)).timestamp()) // 60

    throttle = Throttle(Limits(per_hour=1), clock=FakeClock(), usage=[(ahead, 5)])

    assert 3600 <= throttle.next_free_in() <= 3660


async def test_when_the_server_objects_the_pace_is_halved_and_creeps_back() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_second=10), clock=clock)
    await moments(throttle, clock, 100)

    throttle.slow_down()
    halved = await moments(throttle, clock, 30)
    clock.pass_by(150)
    creeping = await moments(throttle, clock, 60)
    clock.pass_by(600)
    recovered = await moments(throttle, clock, 100)

    assert (30 - 1) / (halved[-1] - halved[0]) == pytest.approx(5, rel=0.05)
    assert (60 - 1) / (creeping[-1] - creeping[0]) == pytest.approx(7.6, rel=0.05)
    assert (100 - 1) / (recovered[-1] - recovered[0]) == pytest.approx(10, rel=0.05)


async def test_many_connections_reporting_one_congestion_halve_the_pace_once() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_second=16), clock=clock)
    await moments(throttle, clock, 100)

    for _ in range(20):
        throttle.slow_down()
    times = await moments(throttle, clock, 20)

    assert (20 - 1) / (times[-1] - times[0]) == pytest.approx(8, rel=0.05)


async def test_an_unlimited_account_is_slowed_to_half_of_what_it_did() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)
    for _ in range(10):
        await moments(throttle, clock, 40)
        clock.pass_by(1)

    throttle.slow_down()
    times = await moments(throttle, clock, 41)

    assert 40 / (times[-1] - times[0]) == pytest.approx(20, rel=0.15)
    assert throttle.waiting_for == "the server, which asked us to send more slowly"


async def test_an_objection_right_at_the_start_is_measured_by_what_was_sent_until_then() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)
    await moments(throttle, clock, 40)
    clock.pass_by(1)

    throttle.slow_down()
    times = await moments(throttle, clock, 21)

    assert 20 / (times[-1] - times[0]) == pytest.approx(20, rel=0.3)


async def test_repeated_objections_end_at_one_message_a_minute_not_at_none() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_second=1), clock=clock)

    for _ in range(50):
        throttle.slow_down()
        clock.pass_by(5)
    throttle.reserve()

    assert 0 < throttle.next_free_in() <= 60


async def test_a_wait_the_server_names_is_kept() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)

    throttle.slow_down(retry_after_s=300)

    assert throttle.next_free_in() == 300
    assert throttle.waiting_for == "the time after which the server wants to hear from us again"
    clock.pass_by(300)
    assert throttle.next_free_in() == 0


@pytest.mark.parametrize("cap", [SendingWindow(time_zone=BERLIN, per_day=10), WarmUp(START.date(), first_day=10)])
async def test_a_limit_of_a_calendar_day_is_free_again_at_midnight_of_the_zone(cap: SendingWindow | WarmUp) -> None:
    clock = FakeClock()  # 13:00:20 in Berlin
    throttle = (
        Throttle(Limits(), clock=clock, window=cap)
        if isinstance(cap, SendingWindow)
        else Throttle(Limits(), clock=clock, window=SendingWindow(time_zone=BERLIN), warm_up=cap)
    )

    times = await moments(throttle, clock, 11)

    assert times[9] == 0
    assert times[10] == pytest.approx(11 * 3600 - 20)


async def test_the_day_the_clock_is_put_back_counts_all_its_25_hours_after_a_restart() -> None:
    clock = FakeClock(now=datetime(2026, 10, 24, 22, 0, 30, tzinfo=UTC))
    window = SendingWindow(time_zone=BERLIN, per_day=10)
    before = Throttle(Limits(), clock=clock, window=window)
    await moments(before, clock, 10)
    clock.pass_by(24.5 * 3600)

    after = Throttle(Limits(), clock=clock, window=window, usage=before.usage())

    assert after.next_free_in() == pytest.approx(1800 - 30)
    assert after.waiting_for == "the limit of 10 on one day"


async def test_a_warm_up_allows_more_each_day_and_says_so() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock, warm_up=WarmUp(START.date(), first_day=10, growth=2, goal=50))

    times = await moments(throttle, clock, 10)
    waits_for = throttle.waiting_for
    times += await moments(throttle, clock, 200)

    assert waits_for == "the limit of 10 today, while the account is warmed up"
    midnight = 12 * 3600 - 20
    assert [sum(at < midnight + 86_400 * day for at in times) for day in range(3)] == [10, 30, 70]
    assert times[-1] < midnight + 86_400 * 3


async def test_nothing_leaves_while_the_window_is_closed() -> None:
    clock = FakeClock()
    window = SendingWindow(frozenset(range(5)), dt.time(8), dt.time(14), BERLIN)
    throttle = Throttle(Limits(per_minute=30), clock=clock, window=window)

    times = await moments(throttle, clock, 2000)

    hour_left = 3600 - 20
    assert [at for at in times if hour_left <= at < hour_left + 18 * 3600] == []
    assert sum(at < hour_left for at in times) == pytest.approx(1800, abs=30)
    assert times[-1] < hour_left + 18 * 3600 + 600
    clock.pass_by(6 * 3600)
    assert throttle.waiting_for == "the sending hours, which begin on Thursday at 8:00, Berlin time"


async def test_a_suspended_computer_notices_that_the_window_has_closed() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock, window=SendingWindow(opens=dt.time(8), closes=dt.time(14)))
    await throttle.acquire()

    clock.date += timedelta(hours=3)  # the monotonic clock stood still

    assert throttle.next_free_in() == pytest.approx(17 * 3600 - 20)


async def test_what_is_given_back_may_go_again() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_day=3, per_30_days=3), clock=clock, window=SendingWindow(per_day=3))
    await moments(throttle, clock, 3)

    throttle.give_back()

    assert throttle.reserve() == 0
    assert throttle.reserve() > 0
    assert sum(count for _, count in throttle.usage()) == 3


@settings(deadline=None, max_examples=50)
@given(
    limits=st.builds(Limits, st.integers(1, 9), st.integers(1, 30), st.integers(1, 60)),
    steps=st.lists(st.tuples(st.floats(0, 70), st.booleans(), st.floats(0, 30)), max_size=60),
)
def test_what_is_given_back_breaks_no_limit(limits: Limits, steps: list[tuple[float, bool, float]]) -> None:
    clock = FakeClock()
    throttle = Throttle(limits, clock=clock)
    offered = []

    for pause, is_refused, claim_s in steps:
        clock.pass_by(pause)
        while throttle.reserve() > 0:
            clock.pass_by(min(throttle.next_free_in() + 0.0001, 30))
        reserved_at = clock.monotonic()
        if is_refused:
            clock.pass_by(claim_s)
            throttle.give_back()
        else:
            offered.append(reserved_at)

    for window_s, limit in ((1, limits.per_second), (60, limits.per_minute), (3600, limits.per_hour)):
        assert not offered or most_in_any(window_s, offered) <= (limit or 0)


async def test_the_pace_goes_on_after_a_restart_where_it_stood() -> None:
    clock = FakeClock()
    before = Throttle(Limits(per_second=10), clock=clock)
    await moments(before, clock, 100)
    before.slow_down(retry_after_s=30)
    stored = before.pace_state
    clock.pass_by(150)

    after = Throttle(Limits(per_second=10), clock=clock, pace=stored)
    times = await moments(after, clock, 60)

    assert stored is not None
    assert stored.rate == 5
    assert stored.hold_until == stored.slowed_at + timedelta(seconds=30)
    assert (60 - 1) / (times[-1] - times[0]) == pytest.approx(7.6, rel=0.05)


async def test_a_wait_the_server_named_outlives_a_restart() -> None:
    clock = FakeClock()
    before = Throttle(Limits(), clock=clock)
    before.slow_down(retry_after_s=300)
    stored = before.pace_state
    clock.pass_by(100)

    assert Throttle(Limits(), clock=clock, pace=stored).next_free_in() == pytest.approx(200)


async def test_a_server_that_is_content_leaves_no_pace_to_keep() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(per_second=10), clock=clock)
    assert throttle.pace_state is None
    throttle.slow_down(retry_after_s=5)

    clock.pass_by(700)

    assert throttle.pace_state is None


@pytest.mark.parametrize("rate", [1, 14, 200])
async def test_a_rate_is_kept_by_a_loop_that_has_other_things_to_do(rate: int) -> None:
    """Sleeps end late by a millisecond, and twice a second something else takes 30 to 100 ms."""
    rng = random.Random(7)
    clock = FakeClock(drift_s=0.001)
    throttle = Throttle(Limits(per_second=rate), clock=clock)
    times: list[float] = []
    start = busy_at = clock.monotonic()
    while clock.monotonic() < start + 60:
        await throttle.acquire()
        times.append(clock.monotonic() - start)
        if clock.monotonic() > busy_at:
            clock.pass_by(rng.uniform(0.03, 0.1))
            busy_at = clock.monotonic() + 0.5

    in_a_minute = sum(at < 60 for at in times)
    assert in_a_minute == pytest.approx(60 * rate, rel=0.02)
    assert most_in_any(1.0, times) <= rate


@pytest.mark.parametrize(
    ("limits", "most_us"), [(Limits(), 2.0), (Limits(100_000, 6_000_000, 10**8, 10**9, 10**9), 6.0)]
)
def test_asking_costs_little(limits: Limits, most_us: float) -> None:
    throttle = Throttle(limits, clock=SystemClock(), window=SendingWindow.ALWAYS)
    throttle.reserve()

    best_s = min(timeit.repeat(throttle.next_free_in, number=2000, repeat=20)) / 2000

    assert best_s * 1e6 < most_us
