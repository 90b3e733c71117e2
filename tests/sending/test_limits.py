"""Limits are stored as what is limited, and merge to what keeps both."""

import pytest

from app.sending.limits import Limits


@pytest.mark.parametrize("limits", [Limits(), Limits(per_second=14), Limits(1, 20, 300, 4000, 50_000)])
def test_limits_come_back_as_they_were_stored(limits: Limits) -> None:
    assert Limits.from_json(limits.to_json()) == limits


def test_only_what_is_limited_is_stored() -> None:
    assert Limits(per_minute=30, per_30_days=10_000).to_json() == {"per_minute": 30, "per_30_days": 10_000}


def test_merged_limits_keep_the_tighter_of_each() -> None:
    merged = Limits(per_second=14, per_day=500).merged(Limits(per_second=10, per_minute=30, per_day=2000))

    assert merged == Limits(per_second=10, per_minute=30, per_day=500)


@pytest.mark.parametrize("limits", [{"per_second": 0}, {"per_day": -1}, {"per_30_days": 0}])
def test_a_limit_of_nothing_is_a_mistake(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limits(**limits)
