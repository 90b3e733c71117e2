"""The forecast says when the throttle would be done, and why it takes that long."""

import asyncio
import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sending.forecast import Forecast, Route, forecast, forecast_routes
from app.sending.limits import Limits
from app.sending.throttle import Throttle
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow
from tests.sending.clocks import START, FakeClock

BERLIN = "Europe/Berlin"
WORKDAYS = frozenset(range(5))


def after(told: Forecast) -> dt.timedelta:
    assert told.ends_at is not None
    return told.ends_at - START


@pytest.mark.parametrize(
    ("remaining", "limits", "days", "because"),
    [
        (1000, Limits(per_second=14), 1000 / 14 / 86_400, "because of the limit of 14 a second"),
        (10, Limits(per_second=14), 0, ""),
        (5000, Limits(per_day=500), 9, "because of the limit of 500 a day"),
        (5000, Limits(per_minute=30), 5000 / 30 / 1440, "because of the limit of 30 a minute"),
        (5000, Limits(per_second=10, per_hour=1000), 4 / 24, "because of the limit of 1,000 an hour"),
        (1_000_000, Limits(per_30_days=250_000), 90, "because of the limit of 250,000 in 30 days"),
        (0, Limits(per_day=1), 0, ""),
        (1_000_000, Limits(), 0, ""),
    ],
)
def test_it_names_the_limit_that_takes_the_time(remaining: int, limits: Limits, days: float, because: str) -> None:
    told = forecast(remaining, limits=limits, now=START)

    assert after(told) / dt.timedelta(days=1) == pytest.approx(days, rel=0.005, abs=0.01)
    assert told.because == because


def test_what_was_sent_before_takes_its_place() -> None:
    used = [(int(START.timestamp()) // 60 - 120, 400)]

    told = forecast(200, limits=Limits(per_day=500), usage=used, now=START)

    assert after(told) == pytest.approx(dt.timedelta(hours=22), abs=dt.timedelta(minutes=1))


def test_the_speed_of_sending_alone_is_no_reason() -> None:
    told = forecast(72_000, limits=Limits(per_second=500), rate_per_s=20, now=START)

    assert after(told) == pytest.approx(dt.timedelta(hours=1), abs=dt.timedelta(seconds=1))
    assert told.because == ""


def test_sending_hours_and_a_warm_up_are_named() -> None:
    office = SendingWindow(WORKDAYS, dt.time(8), dt.time(18), BERLIN)
    slow = forecast(20_000, limits=Limits(per_minute=20), window=office, now=START)
    warm = forecast(500, limits=Limits(), warm_up=WarmUp(START.date(), first_day=50, growth=2), now=START)

    assert slow.because == "because of the sending hours (Monday to Friday, 8:00 to 18:00, Berlin time)"
    assert warm.because == "because of the warm-up of the account"
    assert warm.ends_at == dt.datetime(2026, 11, 27, tzinfo=dt.UTC)


def test_the_campaigns_own_limit_a_day_counts_what_left_of_it_today() -> None:
    daily = SendingWindow(time_zone=BERLIN, per_day=100)

    told = forecast(150, limits=Limits(), campaign_window=daily, campaign_sent_today=40, now=START)

    assert told.ends_at == dt.datetime(2026, 11, 24, 23, tzinfo=dt.UTC)
    assert told.because == "because of the limit of 100 on one day"


def test_what_takes_longer_than_five_years_has_no_end() -> None:
    told = forecast(10_000, limits=Limits(per_day=1), now=START)

    assert told == Forecast(None, "because of the limit of 1 a day")


def test_several_accounts_share_by_weight_and_the_last_one_decides() -> None:
    fast, slow = Route(Limits(per_second=10), weight=3), Route(Limits(per_day=50), weight=1)
    spare = Route(Limits(per_day=1), weight=0)

    told = forecast_routes(400, [fast, slow, spare], now=START)

    assert after(told) == pytest.approx(dt.timedelta(days=1), abs=dt.timedelta(minutes=1))
    assert told.because == "because of the limit of 50 a day"


def test_accounts_that_are_all_for_emergencies_share_alike() -> None:
    told = forecast_routes(100, [Route(Limits(per_day=50), weight=0)] * 2, now=START)

    assert told.ends_at == START


@pytest.mark.parametrize(
    "limits",
    [
        Limits(1, 30, 1000, 10_000, 200_000),
        Limits(per_minute=1),
        Limits(per_second=14, per_minute=600, per_day=50_000),
        Limits(per_day=2000),
    ],
)
def test_a_million_messages_are_told_at_once(limits: Limits) -> None:
    used = [(int(START.timestamp()) // 60 - minute, 1) for minute in range(1, 20_000)]
    start = time.perf_counter()

    forecast(1_000_000, limits=limits, usage=used, window=SendingWindow(WORKDAYS, time_zone=BERLIN), now=START)

    assert time.perf_counter() - start < 3


async def drained(throttle: Throttle, clock: FakeClock, messages: int) -> dt.datetime:
    """When the last of so many messages really leaves."""
    for _ in range(messages):
        await throttle.acquire()
    return clock.utcnow()


@settings(deadline=None, max_examples=40)
@given(
    limits=st.builds(
        Limits,
        st.none() | st.integers(1, 5),
        st.none() | st.integers(3, 40),
        st.none() | st.integers(20, 100),
        st.none() | st.integers(40, 150),
        st.none() | st.integers(100, 300),
    ),
    history=st.lists(st.tuples(st.integers(1, 50_000), st.integers(1, 40)), max_size=6),
    hours=st.none() | st.tuples(st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.integers(0, 23)),
    per_day=st.none() | st.integers(20, 90),
    warm_up=st.none() | st.builds(WarmUp, st.just(START.date()), st.integers(5, 30), st.just(1.5), st.integers(50, 99)),
    messages=st.integers(1, 250),
)
def test_it_says_what_the_throttle_does(
    limits: Limits,
    history: list[tuple[int, int]],
    hours: tuple[frozenset[int], int, int] | None,
    per_day: int | None,
    warm_up: WarmUp | None,
    messages: int,
) -> None:
    minute = int(START.timestamp()) // 60
    usage = sorted((minute - ago, number) for ago, number in history)
    days, opens, closes = hours or (frozenset(range(7)), 0, 0)
    window = SendingWindow(days, dt.time(opens), dt.time(closes), BERLIN, per_day)
    clock = FakeClock()
    throttle = Throttle(limits, clock=clock, usage=usage, window=window, warm_up=warm_up)

    told = forecast(messages, limits=limits, usage=usage, window=window, warm_up=warm_up, now=START)
    left_at = asyncio.run(drained(throttle, clock, messages))

    assert told.ends_at is not None
    assert abs(told.ends_at - left_at) <= dt.timedelta(minutes=2) + (left_at - START) * 0.001
