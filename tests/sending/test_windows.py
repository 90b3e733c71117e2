"""A sending window opens and closes by the clock on the wall of its zone, on the days when that clock is changed too.

Berlin put its clock forward on 29 March 2026 from 2:00 to 3:00 and back on 25 October from 3:00 to 2:00.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sending.windows import SendingWindow

BERLIN = "Europe/Berlin"
EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))
HOUR = dt.timedelta(hours=1)


def window(opens: str, closes: str, *, days: frozenset[int] = EVERY_DAY, zone: str = BERLIN) -> SendingWindow:
    return SendingWindow(days, dt.time.fromisoformat(opens), dt.time.fromisoformat(closes), zone)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def berlin(text: str, *, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold)


OFFICE = window("08:00", "18:00", days=WORKDAYS)
NIGHT = window("22:00", "06:00", days=frozenset({4}))


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T07:59:59", False),
        ("2026-11-24T08:00", True),
        ("2026-11-24T17:59:59", True),
        ("2026-11-24T18:00", False),
        ("2026-11-28T12:00", False),
    ],
)
def test_it_is_open_from_its_first_moment_to_before_its_last(at: str, is_open: bool) -> None:
    assert OFFICE.is_open(berlin(at)) is is_open


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-24T05:00", "2026-11-24T07:00"),
        ("2026-11-24T09:00", "2026-11-24T09:00"),
        ("2026-11-24T17:00", "2026-11-25T07:00"),
        ("2026-11-27T17:00", "2026-11-30T07:00"),
        ("2026-03-27T17:00", "2026-03-30T06:00"),
        ("2026-10-23T16:00", "2026-10-26T07:00"),
    ],
)
def test_it_opens_at_the_same_time_of_the_day_in_summer_and_winter(at: str, opens: str) -> None:
    assert OFFICE.next_opening(utc(at)) == utc(opens)


def test_over_midnight_it_belongs_to_the_day_on_which_it_opens() -> None:
    assert not NIGHT.is_open(berlin("2026-11-27T05:00"))
    assert NIGHT.is_open(berlin("2026-11-27T23:00"))
    assert NIGHT.is_open(berlin("2026-11-28T05:59"))
    assert not NIGHT.is_open(berlin("2026-11-28T22:30"))
    assert NIGHT.closes_at(berlin("2026-11-27T23:00")) == utc("2026-11-28T05:00")
    assert NIGHT.next_opening(berlin("2026-11-28T06:00")) == utc("2026-12-04T21:00")


def test_a_night_in_which_the_clock_is_changed_is_an_hour_shorter_or_longer() -> None:
    night = window("22:00", "06:00")

    lengths = [
        night.closes_at(opened) - opened.astimezone(dt.UTC)  # type: ignore[operator]
        for opened in (berlin("2026-03-28T22:00"), berlin("2026-10-24T22:00"), berlin("2026-11-24T22:00"))
    ]

    assert lengths == [7 * HOUR, 9 * HOUR, 8 * HOUR]


def test_a_time_that_the_clock_skips_is_the_moment_of_the_change() -> None:
    change = utc("2026-03-29T01:00")

    assert window("02:30", "08:00").next_opening(berlin("2026-03-29T01:00")) == change
    assert window("00:00", "02:30").closes_at(berlin("2026-03-29T01:00")) == change


def test_hours_that_the_clock_skips_do_not_happen_that_day() -> None:
    skipped = window("02:10", "02:50")

    assert not skipped.is_open(utc("2026-03-29T01:00"))
    assert skipped.next_opening(berlin("2026-03-28T12:00")) == berlin("2026-03-30T02:10").astimezone(dt.UTC)


def test_a_weekly_window_that_the_clock_skips_opens_a_week_later() -> None:
    sundays = window("02:10", "02:50", days=frozenset({6}))

    assert sundays.next_opening(utc("2026-03-22T12:00")) == utc("2026-04-05T00:10")


def test_of_a_time_that_the_clock_shows_twice_the_first_counts() -> None:
    twice = window("02:10", "02:50")

    assert twice.next_opening(berlin("2026-10-25T01:00")) == utc("2026-10-25T00:10")
    assert twice.closes_at(utc("2026-10-25T00:10")) == utc("2026-10-25T00:50")
    assert not twice.is_open(berlin("2026-10-25T02:30", fold=1))


def test_whole_days_in_a_row_are_one_opening() -> None:
    workdays = window("00:00", "00:00", days=WORKDAYS)

    assert workdays.closes_at(berlin("2026-11-23T12:00")) == utc("2026-11-27T23:00")
    assert workdays.next_opening(utc("2026-11-27T23:00")) == utc("2026-11-29T23:00")


def test_it_closes_at_once_when_it_is_closed() -> None:
    assert OFFICE.closes_at(utc("2026-11-28T12:00")) == utc("2026-11-28T12:00")


def test_the_empty_window_never_closes() -> None:
    always = SendingWindow.from_json({})

    assert always == SendingWindow.ALWAYS == SendingWindow()
    assert always.is_open(utc("2026-11-24T12:00"))
    assert always.closes_at(utc("2026-11-24T12:00")) is None
    assert always.to_json() == {}


def test_a_day_starts_at_the_first_moment_of_its_date() -> None:
    # Beirut puts its clock forward at midnight, so that 29 March 2026 began at 1:00.
    beirut = SendingWindow(time_zone="Asia/Beirut", per_day=10)

    assert beirut.day_of(utc("2026-03-29T12:00")) == (
        dt.date(2026, 3, 29), utc("2026-03-28T22:00"), utc("2026-03-29T21:00"),
    )  # fmt: skip
    assert SendingWindow(time_zone=BERLIN).day_of(utc("2026-10-25T12:00"))[1:] == (
        utc("2026-10-24T22:00"),
        utc("2026-10-25T23:00"),
    )


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (
            SendingWindow(WORKDAYS, dt.time(8), dt.time(18), BERLIN, 500),
            "Monday to Friday, 8:00 to 18:00, Berlin time, at most 500 a day",
        ),
        (SendingWindow.ALWAYS, "At any time"),
        (SendingWindow(time_zone=BERLIN, per_day=2000), "At any time, at most 2,000 a day"),
        (window("22:00", "06:30", zone="America/New_York"), "Every day, 22:00 to 6:30, New York time"),
        (window("09:00", "12:00", days=frozenset({5, 6}), zone="UTC"), "Saturday and Sunday, 9:00 to 12:00, UTC"),
        (window("00:00", "00:00", days=frozenset({0, 2, 4})), "Monday, Wednesday and Friday, Berlin time"),
        (window("10:00", "11:00", days=frozenset({1})), "Tuesday, 10:00 to 11:00, Berlin time"),
    ],
)
def test_it_is_described_in_plain_words_and_comes_back_as_it_was_stored(stored: SendingWindow, words: str) -> None:
    assert stored.describe() == words
    assert SendingWindow.from_json(stored.to_json()) == stored


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekdays": frozenset()},
        {"weekdays": frozenset({7})},
        {"per_day": 0},
        {"time_zone": "Europe/Bielefeld"},
        {"time_zone": "Europe"},
        {"time_zone": "../etc"},
    ],
)
def test_a_window_that_cannot_be_is_a_mistake(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"window|limit|time zone|keys"):
        SendingWindow(**wrong)  # type: ignore[arg-type]


def test_something_else_is_no_window() -> None:
    with pytest.raises(ValueError, match="no sending window"):
        SendingWindow.from_json({"opens": "08:00"})


@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    opens=st.times().map(lambda time: time.replace(second=0, microsecond=0)),
    closes=st.times().map(lambda time: time.replace(second=0, microsecond=0)),
    zone=st.sampled_from([BERLIN, "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    at=st.datetimes(dt.datetime(2011, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
)
def test_it_opens_when_it_says_and_is_open_until_it_says(
    days: frozenset[int], opens: dt.time, closes: dt.time, zone: str, at: dt.datetime
) -> None:
    any_window = SendingWindow(days, opens, closes, zone)

    opening = any_window.next_opening(at)
    closing = any_window.closes_at(opening)

    assert opening >= at
    assert any_window.is_open(opening)
    assert opening == at or not any_window.is_open(opening - dt.timedelta(microseconds=1))
    if closing is not None:
        assert any_window.is_open(closing - dt.timedelta(microseconds=1))
        assert not any_window.is_open(closing)
