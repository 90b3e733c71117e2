"""Every reason and every audience has words in reports and tables."""

import pytest

from app.audience.audience import Audience, Reaction
from app.models.states import DeliveryState, SkipReason
from app.sending import wording
from app.sending.reasons import Reason
from app.ui.pages.campaigns.rows import GroupNames
from app.ui.pages.campaigns.words import delivery_words, reason_words

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
