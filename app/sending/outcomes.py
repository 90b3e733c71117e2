"""What a server's answer means for us: sent, later, never, our account's fault, or nobody knows.

The first digit of a reply says whether to try again, its enhanced code and words say why. The words the providers use
are in `reply_rules`, the consequences of each reason in `reasons`.
"""

import random
import re
from dataclasses import dataclass

from app.sending.reasons import MEANINGS, OutcomeKind, Reason
from app.sending.reply import Reply
from app.sending.reply_rules import RULES, Stage

__all__ = ["Outcome", "OutcomeKind", "Reason", "Stage", "classify", "explain", "interrupted", "retry_delay"]

_JITTER = 0.25

# "try again in 5 minutes", "greylisted for 300 seconds", "retry after 60s"
_COME_BACK = re.compile(r"\b(?:in|after|for) (\d{1,5}) ?(s|m|h)(?:ec|in|our|econd|inute)?s?\b", re.IGNORECASE)
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to deliver one message.

    Attributes:
        kind: What to do with the message.
        reason: Why.
        suppress: The server proved that nobody reads mail at this address: never mail it again.
        slow_down: The server asks this account to send less at a time.
        retry_after_s: The wait the server asked for, in seconds.
        reply: Its answer, or None where there was none.
        is_untried: The connection failed, not the message, and nothing of its content left: it can go out on another
            one at once, and no attempt is used up.
        words: What happened, in one sentence for the user, where more is known than the reason says; else empty.
    """

    kind: OutcomeKind
    reason: Reason
    suppress: bool = False
    slow_down: bool = False
    retry_after_s: float | None = None
    reply: Reply | None = None
    is_untried: bool = False
    words: str = ""

    @property
    def is_sent(self) -> bool:
        return self.kind is OutcomeKind.SENT

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to this message without the user."""
        return self.kind in (OutcomeKind.SENT, OutcomeKind.REFUSED, OutcomeKind.IN_DOUBT)


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
        retry_after_s=_wait_asked_for(reply) or (rule.retry_after_s if rule else None),
        reply=reply,
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


def _wait_asked_for(reply: Reply) -> float | None:
    if reply.is_permanent:
        return None
    found = _COME_BACK.search(reply.text)
    return int(found[1]) * _UNIT_S[found[2].lower()] if found else None
