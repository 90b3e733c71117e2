"""Receivers with a limit or a complaint are held back, all their domains together; nobody else pays for it."""

import timeit

import pytest

from app.sending.clock import SystemClock
from app.sending.domains import DomainLanes, receiver_of
from app.sending.limits import Limits
from tests.sending.clocks import FakeClock


@pytest.mark.parametrize(
    ("domain", "receiver"),
    [
        ("googlemail.com", "gmail.com"),
        ("gmail.com", "gmail.com"),
        ("aol.com", "yahoo.com"),
        ("msn.com", "outlook.com"),
        ("mac.com", "icloud.com"),
        ("web.de", "gmx.net"),
        ("example.org", "example.org"),
    ],
)
def test_domains_of_one_receiver_are_known(domain: str, receiver: str) -> None:
    assert receiver_of(domain) == receiver


def test_a_limit_holds_for_all_domains_of_the_receiver_together() -> None:
    lanes = DomainLanes({"gmail.com": Limits(per_minute=2)}, FakeClock())

    assert lanes.reserve("gmail.com") == lanes.reserve("googlemail.com") == 0
    assert lanes.free_in("gmail.com") == lanes.free_in("googlemail.com") > 59
    assert lanes.reserve("googlemail.com") > 59
    assert lanes.free_in("example.org") == 0
    assert lanes.waiting_for("googlemail.com") == "gmail.com: the limit of 2 a minute"
    assert lanes.waiting_for("example.org") is None


def test_limits_of_two_domains_of_one_receiver_are_merged() -> None:
    lanes = DomainLanes({"Hotmail.com": Limits(per_minute=5), "live.com": Limits(per_minute=1)}, FakeClock())

    lanes.reserve("msn.com")

    assert lanes.free_in("outlook.com") > 59


def test_what_is_given_back_may_go_again() -> None:
    lanes = DomainLanes({"example.org": Limits(per_day=1)}, FakeClock())
    lanes.reserve("example.org")

    lanes.give_back("example.org")

    assert lanes.free_in("example.org") == 0


def test_a_receiver_that_objects_is_written_to_more_slowly_and_later() -> None:
    clock = FakeClock()
    lanes = DomainLanes({}, clock)

    lanes.slow_down("yahoo.de", retry_after_s=60)

    assert lanes.free_in("aol.com") == 60
    assert lanes.free_in("gmail.com") == 0
    clock.pass_by(60)
    assert lanes.reserve("aol.com") == 0
    assert 0.3 < lanes.free_in("yahoo.com") <= 1


def test_a_receiver_that_objects_gets_back_to_its_pace_and_is_then_forgotten() -> None:
    clock = FakeClock()
    lanes = DomainLanes({"gmx.de": Limits(per_second=1)}, clock)
    lanes.slow_down("example.org")
    lanes.slow_down("example.net")
    clock.pass_by(1000)
    assert lanes.free_in("example.net") == 0

    lanes.slow_down("example.com")

    assert len(lanes) == 2
    assert lanes.free_in("example.org") == 0


def test_asking_for_others_costs_next_to_nothing() -> None:
    lanes = DomainLanes({"gmail.com": Limits(per_second=1)}, SystemClock())

    best_s = min(timeit.repeat(lambda: lanes.free_in("example.org"), number=10_000, repeat=20)) / 10_000

    assert best_s * 1e6 < 0.5
