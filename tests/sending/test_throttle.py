"""Limits hold exactly in every window, survive a restart, and the pace gives way when asked to."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sending.throttle import Limits, SystemClock, Throttle

START = datetime(2026, 11, 24, 12, 0, 20, tzinfo=UTC)


class FakeClock:
    """Time passes only where it is slept away; *drift_s* is how late every sleep ends."""

    def __init__(self, *, now: datetime = START, drift_s: float = 0.0) -> None:
        self.monotonic_s = 1_000.0
        self.date = now
        self.drift_s = drift_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def utcnow(self) -> datetime:
        return self.date

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds + self.drift_s)

    def pass_by(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.date += timedelta(seconds=seconds)


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


async def test_usage_forgets_what_is_older_than_a_day() -> None:
    clock = FakeClock()
    throttle = Throttle(Limits(), clock=clock)
    await throttle.acquire()
    clock.pass_by(86_400 - 60)
    kept = throttle.usage()

    clock.pass_by(121)

    assert [count for _, count in kept] == [1]
    assert throttle.usage() == []


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


@pytest.mark.parametrize("limits", [{"per_second": 0}, {"per_day": -1}])
def test_a_limit_of_nothing_is_a_mistake(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limits(**limits)
