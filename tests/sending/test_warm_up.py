"""A warm-up grows day by day to its goal and then holds nothing back."""

import datetime as dt

import pytest

from app.sending.warm_up import WarmUp

START = dt.date(2026, 11, 2)


def test_each_day_allows_more_until_the_goal() -> None:
    warm_up = WarmUp(START, first_day=50, growth=1.5, goal=200)

    assert warm_up.plan(6) == [
        (dt.date(2026, 11, 2), 50),
        (dt.date(2026, 11, 3), 75),
        (dt.date(2026, 11, 4), 112),
        (dt.date(2026, 11, 5), 168),
        (dt.date(2026, 11, 6), None),
        (dt.date(2026, 11, 7), None),
    ]


def test_before_it_began_the_first_days_limit_holds() -> None:
    assert WarmUp(START, first_day=20).cap_on(START - dt.timedelta(days=9)) == 20


def test_years_later_it_holds_nothing_back() -> None:
    assert WarmUp(START).cap_on(START + dt.timedelta(days=20_000)) is None


def test_a_goal_below_the_first_day_is_reached_at_once() -> None:
    assert WarmUp(START, first_day=50, goal=10).cap_on(START) is None


def test_it_comes_back_as_it_was_stored() -> None:
    warm_up = WarmUp(START, first_day=20, growth=1.2, goal=5000)

    assert WarmUp.from_json(warm_up.to_json()) == warm_up
    assert WarmUp.from_json({}) is None


@pytest.mark.parametrize("wrong", [{"growth": 1.0}, {"growth": float("inf")}, {"first_day": 0}, {"goal": 0}])
def test_a_warm_up_that_would_not_grow_is_a_mistake(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="warm-up"):
        WarmUp(START, **wrong)  # type: ignore[arg-type]


def test_something_else_is_no_warm_up() -> None:
    with pytest.raises(ValueError, match="no warm-up"):
        WarmUp.from_json({"started_on": 3})
