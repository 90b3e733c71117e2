"""How the engine sees a way to send: open a connection, feed it with jobs, hear an outcome for each.

The engine never knows how many round trips a message takes. It hands the connection a `Feed`; the connection asks for
the next job when it has room for one and settles every job it sent or tried to, exactly once, whatever happens.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.errors import UserFacingError
from app.sending.outcomes import Outcome

__all__ = ["BadAddress", "Connection", "Envelope", "Feed", "Job", "Transport"]

_FORBIDDEN = frozenset(" <>\x7f") | {chr(code) for code in range(32)}


class BadAddress(UserFacingError):
    """An address that cannot stand in an SMTP command."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message comes from and goes to, as the server is told; the headers may say something else.

    Attributes:
        sender: The return path; bounces go there.
        recipient: The one address to deliver to.
        needs_smtputf8: The message's headers hold letters beyond ASCII, so that no server may take it without SMTPUTF8
            (RFC 6531), whatever the addresses here are. Those ask for it by themselves.

    Raises:
        BadAddress: An address is empty, has no @, or holds blanks, angle brackets or control characters.
    """

    sender: str
    recipient: str
    needs_smtputf8: bool = False

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            if "@" not in address or not _FORBIDDEN.isdisjoint(address):
                raise BadAddress(f"“{ascii(address)[1:-1]}” is not an e-mail address.")


class Job(Protocol):
    """One message ready to go."""

    @property
    def envelope(self) -> Envelope: ...

    @property
    def content(self) -> bytes:
        """The whole message as lines of at most 998 octets, each ended by CRLF (RFC 5321 §2.3.8).

        The lines are 7-bit, but for the addresses in the headers of a message that needs SMTPUTF8.
        """


J = TypeVar("J", bound=Job)


class Feed(Protocol[J]):
    """Where a connection gets its jobs from and reports to; implemented by the engine."""

    async def take(self) -> J | None:
        """The next job, waited for as long as it takes; None when this connection shall send nothing more."""

    def try_take(self) -> J | None:
        """The next job if there is one at once; asked while another message is under way, to save a round trip."""

    def claim(self, job: J) -> "asyncio.Future[bool]":
        """Start making the delivery durably *sending*; True when it is, False when it must not go any more.

        No byte of the job leaves before the future is done. It is asked for while earlier messages are under way, so
        the commit costs no waiting and one commit can serve many connections. A job whose claim says False is dropped
        and not settled. If the claim fails, nothing of the job leaves and `Connection.run` raises. The connection
        never cancels the future.
        """

    def settle(self, job: J, outcome: Outcome) -> None:
        """What became of *job*; called once for each job taken, unless its claim said False."""


class Connection(Protocol):
    """A line to a server that is ready to take mail."""

    @property
    def has_served(self) -> bool:
        """The server has said something about a message. One that breaks before was of no use."""

    @property
    def is_usable(self) -> bool:
        """It can take another message: still connected, not told to go away, and below its number of messages."""

    async def run(self, feed: Feed[J]) -> None:
        """Send what *feed* hands out, until it gives None or the connection is not usable any more.

        Nothing a server does makes it raise. Cancelled or failing in the feed, it settles what it holds and closes. It
        holds a few jobs: one whose content is under way, one whose envelope travels behind it, and some being claimed.
        """

    async def deliver(self, envelope: Envelope, content: bytes) -> Outcome:
        """Send one message, such as a test mail."""

    async def close(self) -> None:
        """Say goodbye and close; safe to call twice."""


class Transport(Protocol):
    """A way to send mail: an SMTP account, for example."""

    async def open(self) -> Connection:
        """Connect and sign in.

        Raises:
            AccountTrouble: It could not be done; says why, and whether the user must act.
        """
