"""What a server's answer means for us: sent, later, never, our account's fault, or nobody knows.

The first digit of a reply says whether to try again, its enhanced code and words say why. The words the providers use
are in `reply_rules`, the consequences of each reason in `reasons`.
"""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.sending.reasons import MEANINGS, OutcomeKind, Reason, Scope
from app.sending.reply import Reply
from app.sending.reply_rules import QUOTA_WAITS, RECIPIENT_STAGES, RULES, Stage

__all__ = [
    "Outcome", "OutcomeKind", "Reason", "Scope", "Stage", "classify", "explain", "interrupted", "next_try",
    "retry_delay",
]  # fmt: skip

FEWEST_TRIES = 3
"""A message is tried so often before it is given up, however soon it is to be given up."""

_JITTER = 0.25

# As in "try again in 5 minutes", "greylisted for 300 seconds", "retry after 60s" or "come back in 00:04:59".
_COME_BACK = re.compile(
    r"\b(?:in|after|for|within|wait|least):? (?:about |approximately |at least )?(?:"
    r"(\d{1,2}):(\d\d):(\d\d)|(\d{1,5}) ?(s|m|h)(?:ec|in|our|econd|inute|r)?s?)\b",
    re.IGNORECASE,
)
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_WAIT_S = 24 * 3600.0  # what a stranger's server may ask for


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to deliver one message.

    Attributes:
        kind: What to do with the message.
        reason: Why.
        suppress: The server proved that nobody reads mail at this address: never mail it again.
        slow_down: The server asks this account to send less at a time.
        retry_after_s: The wait the server asked for, in seconds; for a used-up quota, when it is worth looking again.
        reply: Its answer, or None where there was none.
        is_untried: The connection failed, not the message, and nothing of its content left: it can go out on another
            one at once, and no attempt is used up.
        words: What happened, in one sentence for the user, where more is known than the reason says; else empty.
        scope: Whom `slow_down` and `retry_after_s` mean: the whole account, or only the recipient's domain.
    """

    kind: OutcomeKind
    reason: Reason
    suppress: bool = False
    slow_down: bool = False
    retry_after_s: float | None = None
    reply: Reply | None = None
    is_untried: bool = False
    words: str = ""
    scope: Scope = Scope.ACCOUNT

    @property
    def is_sent(self) -> bool:
        return self.kind is OutcomeKind.SENT

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to this message without the user."""
        return self.kind in (OutcomeKind.SENT, OutcomeKind.REFUSED, OutcomeKind.IN_DOUBT)

    @property
    def needs_user(self) -> bool:
        """The account is in trouble that does not pass by itself: trying again without a change is pointless."""
        return self.kind is OutcomeKind.ACCOUNT_TROUBLE and MEANINGS[self.reason].needs_user

    @property
    def resume_after_s(self) -> float | None:
        """Seconds after which an account in trouble may go on by itself; None where the user must act, or is not needed
        as there is no trouble.
        """
        if self.kind is not OutcomeKind.ACCOUNT_TROUBLE or self.needs_user:
            return None
        return self.retry_after_s or MEANINGS[self.reason].delays_s[0]


def classify(reply: Reply, *, stage: Stage) -> Outcome:
    """What *reply*, given at *stage*, means for the message.

    A reply that fits no place in the dialogue (such as "go on" after the content) leaves an accepted message in doubt.
    """
    if reply.is_positive and stage is Stage.CONTENT:
        return Outcome(OutcomeKind.SENT, Reason.ACCEPTED, reply=reply)
    if reply.code < 400:
        return interrupted(Reason.PROTOCOL, content_left=stage is Stage.CONTENT, reply=reply)
    rule = next((rule for rule in RULES if rule.fits(reply, stage)), None)
    reason = rule.reason if rule else Reason.OTHER
    meaning = MEANINGS[reason]
    kind = meaning.if_permanent if reply.is_permanent else meaning.if_transient
    return Outcome(
        kind,
        reason,
        suppress=meaning.is_hard and kind is OutcomeKind.REFUSED,
        slow_down=meaning.slow_down and kind is OutcomeKind.DEFERRED,
        retry_after_s=_wait(reply, kind, reason) or (rule.retry_after_s if rule else None),
        reply=reply,
        scope=Scope.DOMAIN if rule and rule.is_receivers and stage in RECIPIENT_STAGES else Scope.ACCOUNT,
    )


def interrupted(reason: Reason, *, content_left: bool, reply: Reply | None = None) -> Outcome:
    """The outcome of a message whose dialogue ended without a usable answer.

    Once its content and final dot may have left this machine, the server may have accepted it (RFC 1047). Before, the
    server cannot have.
    """
    return Outcome(OutcomeKind.IN_DOUBT if content_left else OutcomeKind.DEFERRED, reason, reply=reply)


def explain(outcome: Outcome, *, server: str = "The mail server") -> str:
    """One plain sentence for the user; *server* is the name to call the server by."""
    sentence = outcome.words or MEANINGS[outcome.reason].sentence.format(server=server)
    if outcome.kind is OutcomeKind.IN_DOUBT:
        return f"{sentence} The message may or may not have arrived."
    return sentence


def retry_delay(attempt: int, outcome: Outcome, *, rng: random.Random) -> float:
    """Seconds to wait after attempt number *attempt* (the first is 1) ended in *outcome*.

    Never less than the server asked for, and up to a quarter more, so that messages deferred together do not come back
    together.
    """
    delays_s = MEANINGS[outcome.reason].delays_s
    delay_s = delays_s[min(attempt, len(delays_s)) - 1]
    return max(delay_s, outcome.retry_after_s or 0.0) * (1 + _JITTER * rng.random())


def next_try(
    attempt: int,
    outcome: Outcome,
    *,
    first_tried_at: datetime,
    now: datetime,
    give_up_after: timedelta,
    rng: random.Random,
) -> datetime | None:
    """When to try a deferred message again, or None to give it up.

    It is given up when the next try would come later than *give_up_after* its first: an offer that has expired serves
    nobody (RFC 5321 §4.5.4.1 leaves the age to us). Only the age counts, so a server that takes connections and
    drops them a hundred times in an hour costs no message; and `FEWEST_TRIES` are made whatever the age.

    Args:
        attempt: The number of the try that ended in *outcome*; the first is 1.
        first_tried_at: When that first one ended.

    Raises:
        ValueError: the outcome is final, so there is no next try to plan.
    """
    if outcome.is_final:
        raise ValueError(f"{outcome.kind} is final.")
    if outcome.is_untried or outcome.kind is OutcomeKind.ACCOUNT_TROUBLE:
        return now  # the message was not at fault, and goes as soon as anything can
    at = now + timedelta(seconds=retry_delay(attempt, outcome, rng=rng))
    return at if attempt < FEWEST_TRIES or at <= first_tried_at + give_up_after else None


def _wait(reply: Reply, kind: OutcomeKind, reason: Reason) -> float | None:
    """The wait that the server asks for in its words, in seconds, or that its kind of quota suggests."""
    if kind not in (OutcomeKind.DEFERRED, OutcomeKind.ACCOUNT_TROUBLE):
        return None
    if found := _COME_BACK.search(reply.text):
        hours, minutes, seconds, count, unit = found.groups()
        wait_s = int(count) * _UNIT_S[unit.lower()] if count else int(hours) * 3600.0 + int(minutes) * 60 + int(seconds)
        return min(wait_s, _LONGEST_WAIT_S) or None
    if reason is Reason.QUOTA:
        return next((wait_s for says, wait_s in QUOTA_WAITS if says.search(reply.text)), None)
    return None
