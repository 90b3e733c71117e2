"""Why a message was not simply accepted, and what each reason means for the message, the contact and the account."""

from dataclasses import dataclass
from enum import StrEnum

_MINUTE = 60.0
_HOUR = 60 * _MINUTE


class OutcomeKind(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    DEFERRED = "deferred"  # not now: try this message again later
    REFUSED = "refused"  # never: this message will not be accepted
    ACCOUNT_TROUBLE = "account_trouble"  # the account is at fault: the message waits, nobody else will do better
    IN_DOUBT = "in_doubt"  # perhaps accepted (RFC 1047): only the user may decide to send again


class Scope(StrEnum):
    """Whom a server means that asks for less."""

    ACCOUNT = "account"  # everything that leaves through this account
    DOMAIN = "domain"  # what goes to the recipient's domain, whose own words the account's server passed on


class Reason(StrEnum):
    """The closed set of causes; stored with each attempt and counted in reports."""

    ACCEPTED = "accepted"
    MAILBOX_UNKNOWN = "mailbox_unknown"
    MAILBOX_FULL = "mailbox_full"
    DOMAIN_UNKNOWN = "domain_unknown"
    RECIPIENT_BUSY = "recipient_busy"
    ADDRESS_UNSUPPORTED = "address_unsupported"
    BLOCKED_POLICY = "blocked_policy"
    SENDER_UNPROVEN = "sender_unproven"
    CONTENT_REFUSED = "content_refused"
    TOO_BIG = "too_big"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    GREYLISTED = "greylisted"
    AUTHENTICATION = "authentication"
    SENDER_REFUSED = "sender_refused"
    ACCOUNT_BLOCKED = "account_blocked"
    SETTINGS = "settings"
    QUOTA = "quota"
    TLS = "tls"
    SERVER_BUSY = "server_busy"
    SERVER_CLOSING = "server_closing"
    UNREACHABLE = "unreachable"
    CONNECTION_LOST = "connection_lost"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    INTERRUPTED = "interrupted"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What follows from a reason.

    Attributes:
        sentence: For the person in front of the screen; ``{server}`` stands for the server's name.
        if_permanent: What a 5xx reply of this reason makes of the message.
        if_transient: What a 4xx reply of this reason makes of it.
        is_hard: A 5xx reply proves that nobody will ever read mail at this address.
        slow_down: The server asks for less at a time.
        needs_user: What the account is in trouble with does not pass by itself.
        condemns_message: A 5xx reply of this reason is about the message or its sender, so it awaits the others of the
            dispatch as well.
        delays_s: How long to wait after the first, second … attempt; the last one repeats.
    """

    sentence: str
    if_permanent: OutcomeKind = OutcomeKind.REFUSED
    if_transient: OutcomeKind = OutcomeKind.DEFERRED
    is_hard: bool = False
    slow_down: bool = False
    needs_user: bool = True
    condemns_message: bool = False
    delays_s: tuple[float, ...] = (1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 1 * _HOUR, 2 * _HOUR, 4 * _HOUR)


_ACCOUNT = OutcomeKind.ACCOUNT_TROUBLE
_DEFERRED = OutcomeKind.DEFERRED

MEANINGS: dict[Reason, Meaning] = {
    Reason.ACCEPTED: Meaning(sentence="{server} accepted the message."),
    Reason.MAILBOX_UNKNOWN: Meaning(sentence="{server} says this mailbox does not exist.", is_hard=True),
    Reason.MAILBOX_FULL: Meaning(
        sentence="{server} says this mailbox is full.", delays_s=(4 * _HOUR, 8 * _HOUR, 24 * _HOUR)
    ),
    Reason.DOMAIN_UNKNOWN: Meaning(
        sentence="{server} says the part after the @ does not exist or takes no mail.", is_hard=True
    ),
    Reason.RECIPIENT_BUSY: Meaning(
        sentence="{server} says this mailbox is getting too much mail just now.",
        if_permanent=_DEFERRED,
        delays_s=(15 * _MINUTE, 1 * _HOUR, 4 * _HOUR),
    ),
    Reason.ADDRESS_UNSUPPORTED: Meaning(sentence="{server} cannot send to an address with these letters."),
    Reason.BLOCKED_POLICY: Meaning(
        sentence="{server} does not want this mail, because of its rules or of your reputation as a sender.",
        slow_down=True,
        condemns_message=True,
        delays_s=(15 * _MINUTE, 1 * _HOUR, 4 * _HOUR),
    ),
    Reason.SENDER_UNPROVEN: Meaning(
        sentence="{server} could not verify that this mail really comes from your domain.",
        slow_down=True,
        condemns_message=True,
        delays_s=(15 * _MINUTE, 1 * _HOUR, 4 * _HOUR),
    ),
    Reason.CONTENT_REFUSED: Meaning(
        sentence="{server} refused what the message says; it may look like spam.", condemns_message=True
    ),
    Reason.TOO_BIG: Meaning(sentence="{server} says the message is too big.", condemns_message=True),
    Reason.RATE_LIMITED: Meaning(
        sentence="{server} asks us to send more slowly.",
        if_permanent=_DEFERRED,
        slow_down=True,
        delays_s=(5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, 1 * _HOUR),
    ),
    Reason.TOO_MANY_CONNECTIONS: Meaning(
        sentence="{server} asks us to open fewer connections at a time.", if_permanent=_DEFERRED
    ),
    Reason.GREYLISTED: Meaning(
        sentence="{server} does not know you yet and asks us to come back in a few minutes.",
        if_permanent=_DEFERRED,
        delays_s=(5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, 1 * _HOUR),
    ),
    Reason.AUTHENTICATION: Meaning(
        sentence="{server} refused the user name or the password.", if_permanent=_ACCOUNT, if_transient=_ACCOUNT
    ),
    Reason.SENDER_REFUSED: Meaning(
        sentence="{server} does not let this account send from this From address.", if_permanent=_ACCOUNT
    ),
    Reason.ACCOUNT_BLOCKED: Meaning(
        sentence="{server} has blocked this account, or this computer, from sending.",
        if_permanent=_ACCOUNT,
        if_transient=_ACCOUNT,
    ),
    Reason.SETTINGS: Meaning(
        sentence="{server} does not accept how this account is set up there.", if_permanent=_ACCOUNT
    ),
    Reason.QUOTA: Meaning(
        sentence="{server} says this account has sent as much as it may for now.",
        if_permanent=_ACCOUNT,
        if_transient=_ACCOUNT,
        needs_user=False,
        delays_s=(1 * _HOUR,),
    ),
    Reason.TLS: Meaning(sentence="{server} could not be reached over a secure connection.", if_permanent=_ACCOUNT),
    Reason.SERVER_BUSY: Meaning(sentence="{server} is too busy just now.", slow_down=True),
    Reason.SERVER_CLOSING: Meaning(sentence="{server} ended the connection."),
    Reason.UNREACHABLE: Meaning(sentence="{server} could not be reached."),
    Reason.CONNECTION_LOST: Meaning(sentence="The connection to {server} was lost."),
    Reason.TIMEOUT: Meaning(sentence="{server} did not answer in time."),
    Reason.PROTOCOL: Meaning(sentence="{server} and this program did not understand each other."),
    Reason.INTERRUPTED: Meaning(sentence="Sending was stopped before {server} had answered."),
    Reason.OTHER: Meaning(sentence="{server} did not accept the message."),
}
