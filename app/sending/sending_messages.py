"""What the agent and its sending processes say to each other, in the order in which a message goes its way.

The agent holds the outbox, the limits and the user's wishes; a sending process composes, signs and speaks SMTP. So what
travels is the values of a recipient, not the message that is made of them.
"""

from dataclasses import dataclass

from app.sending.compose import Letter
from app.sending.deliveries import Row
from app.sending.outcomes import Outcome

LetterKey = tuple[int, int]
"""The dispatch and the identity that a letter is of."""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """Agent: deliveries of this letter will follow."""

    key: LetterKey
    letter: Letter


@dataclass(frozen=True, slots=True)
class Want:
    """Process: give me up to so many deliveries."""

    count: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Agent: here they are, each with its letter; all of them may go now. An empty one: there is nothing any more."""

    rows: list[tuple[LetterKey, Row]]


@dataclass(frozen=True, slots=True)
class Claim:
    """Process: make these deliveries durably `sending`."""

    delivery_ids: list[int]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Agent: these are `sending` now, and those must not go."""

    granted: list[int]
    refused: list[int]


@dataclass(frozen=True, slots=True)
class Settled:
    """Process: that became of these deliveries; of those that were accepted only the reply is told, in its parts."""

    accepted: list[tuple[int, int, str, str]]
    outcomes: list[tuple[int, Outcome]]


@dataclass(frozen=True, slots=True)
class NotComposed:
    """Process: the message of a delivery could not be made, and why."""

    delivery_id: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Process: the server cannot be reached for the moment, or `outcome` says that it needs the user."""

    title: str
    explanation: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Failed:
    """Process: the program failed; `trace` is the traceback."""

    trace: str


FromAgent = NewLetter | Rows | Claimed
FromProcess = Want | Claim | Settled | NotComposed | Trouble | Failed
