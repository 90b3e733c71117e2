"""Every reason and every audience has words in reports and tables."""

from datetime import UTC, datetime, timedelta

import pytest

from app.audience.audience import Audience, Reaction
from app.models.states import DeliveryState, SkipReason
from app.sending import wording
from app.sending.forecast import Forecast
from app.sending.outlook import Outlook
from app.sending.reasons import Reason
from app.ui.pages.campaigns.outlook_words import takes_words
from app.ui.pages.campaigns.rows import GroupNames
from app.ui.pages.campaigns.words import around, delivery_words, reason_words, size_words

NAMES = GroupNames(lists={1: "News"}, tags={}, dispatches={5: "Spring"})


@pytest.mark.parametrize("reason", [*Reason, *SkipReason])
def test_every_reason_is_a_sentence_in_the_report_and_in_an_export(reason: Reason | SkipReason) -> None:
    for words in (
        reason_words(DeliveryState.FAILED, reason),
        delivery_words(DeliveryState.FAILED, reason)[1],
        wording.reason_words(reason),
    ):
        assert words.endswith(".")
        assert words != reason
        assert "{" not in words


def test_two_reasons_are_never_called_the_same() -> None:
    assert len({reason_words(DeliveryState.FAILED, reason) for reason in Reason}) == len(Reason)


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (Audience(dispatch_id=5, reaction=Reaction.NOT_OPENED), "Those who did not open “Spring”"),
        (Audience(list_ids=frozenset({1}), dispatch_id=5), "Those who got “Spring”, News"),
        (Audience(dispatch_id=9, reaction=Reaction.CLICKED), "Those who clicked in “a deleted campaign”"),
        (Audience(everyone=True, dispatch_id=5), "Everybody"),
    ],
)
def test_recipients_of_an_earlier_campaign_are_named(audience: Audience, words: str) -> None:
    assert NAMES.describe(audience) == words


NOW = datetime(2026, 11, 24, 10, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(minutes=12), "around "),
        (timedelta(days=1, hours=2), "tomorrow around "),
        (timedelta(days=3), "on Friday around "),
        (timedelta(days=30), "on 24 Dec around "),
    ],
)
def test_a_moment_to_come_is_no_more_exact_than_it_can_be(later: timedelta, words: str) -> None:
    said = around(NOW + later, now=NOW)
    assert said.startswith(words)
    assert said.endswith(":00") or later < timedelta(days=1)


@pytest.mark.parametrize(
    ("ends_at", "because", "words"),
    [
        (NOW + timedelta(seconds=30), "", "It takes a minute or so."),
        (NOW + timedelta(hours=5), "", "It takes about 5 hours; the last leaves around "),
        (
            NOW + timedelta(days=3),
            "because of the limit of 500 a day",
            "It takes about 3 days because of the limit of 500 a day; the last leaves on Friday around ",
        ),
        (
            None,
            "because of the limit of 1 a day",
            "It would take more than five years because of the limit of 1 a day.",
        ),
    ],
)
def test_how_long_it_takes_is_one_sentence(ends_at: datetime | None, because: str, words: str) -> None:
    assert takes_words(Outlook(1500, NOW, Forecast(ends_at, because)), now=NOW).startswith(words)
    assert takes_words(None) == ""


@pytest.mark.parametrize(("size", "words"), [(0, "0 bytes"), (10, "1 kB"), (1_234_567, "1.2 MB"), (20_000, "20 kB")])
def test_sizes_are_short(size: int, words: str) -> None:
    assert size_words(size) == words


def test_the_server_is_named_as_in_any_sentence() -> None:
    assert reason_words(DeliveryState.FAILED, Reason.CONNECTION_LOST) == "The connection to the server was lost."
