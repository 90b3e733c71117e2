"""The closed sets of the workspace: every column that can hold one of a few words draws it from here."""

from enum import StrEnum


class FieldType(StrEnum):
    """What a column of the contact grid holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    CHOICE = "choice"
    CHOICES = "choices"


class ConsentState(StrEnum):
    """Whether a contact may be mailed at all, the sum of the evidence in `consent`."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentAction(StrEnum):
    """One entry of the append-only evidence."""

    GIVEN = "given"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class LawfulBasis(StrEnum):
    """Why mail to a person is permitted (GDPR Art. 6 and 7; ePrivacy directive Art. 13)."""

    CONSENT = "consent"
    EXISTING_CUSTOMER = "existing_customer"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Channel(StrEnum):
    """By which way a person is reached. Each needs a permission of its own."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


class ContactSourceKind(StrEnum):
    """A customer management that contacts can be carried over from."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"


class MailDomainState(StrEnum):
    """Whether a domain takes mail. Not known: the DNS gave no answer, which may be its own trouble."""

    TAKES_MAIL = "takes_mail"
    NO_MAIL = "no_mail"
    UNKNOWN = "unknown"


class SuppressionReason(StrEnum):
    """Why an address must not be mailed."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


class AccountKind(StrEnum):
    """How mail leaves: into the practice server on this computer, through an SMTP server, or Amazon SES's own API."""

    PRACTICE = "practice"
    SMTP = "smtp"
    SES = "ses"


class SignIn(StrEnum):
    """How an account proves whose it is. An account without a user name proves nothing."""

    PASSWORD = "password"  # noqa: S105  the word, not a secret
    OAUTH2 = "oauth2"


class CampaignKind(StrEnum):
    """What the user made, or what stands behind the single messages that other programs have sent of one template."""

    CAMPAIGN = "campaign"
    TRANSACTIONAL = "transactional"


class MessageFormat(StrEnum):
    """What a message consists of."""

    HTML_AND_TEXT = "html_and_text"
    TEXT_ONLY = "text_only"


class TlsMode(StrEnum):
    """How a connection to an SMTP server is secured. Plain text is accepted on loopback alone."""

    NONE_ON_LOOPBACK = "none_on_loopback"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class DispatchState(StrEnum):
    """How far one run of a campaign has come. Whether it moves or rests is the user's `Wish`."""

    PLANNED = "planned"
    SENDING = "sending"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Wish(StrEnum):
    """What is to happen with a dispatch. The user decides; the agent itself only turns RUN to PAUSE, with a problem."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class CampaignStatus(StrEnum):
    """What a campaign looks like from outside: the state of its latest dispatch and the user's wish for it."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    NEEDS_YOU = "needs_you"
    FINISHED = "finished"
    CANCELLED = "cancelled"


def campaign_status(state: DispatchState | None, wish: Wish | None, problem: str) -> CampaignStatus:
    """The status of a campaign whose latest dispatch has this state, wish and problem; None: it has no dispatch."""
    if state is None:
        return CampaignStatus.DRAFT
    if state is DispatchState.FINISHED:
        return CampaignStatus.FINISHED
    if state is DispatchState.CANCELLED or wish is Wish.CANCEL:
        return CampaignStatus.CANCELLED
    if problem:
        return CampaignStatus.NEEDS_YOU
    if wish is Wish.PAUSE:
        return CampaignStatus.PAUSED
    return CampaignStatus.SCHEDULED if state is DispatchState.PLANNED else CampaignStatus.SENDING


class DeliveryState(StrEnum):
    """What became of one recipient of a dispatch."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether work on this delivery is still to be done."""
        return self in OPEN_STATES


OPEN_STATES = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED})


class SkipReason(StrEnum):
    """Why a recipient got no message although the audience named them."""

    SUPPRESSED = "suppressed"
    NO_PERMISSION = "no_permission"
    CONTACT_DELETED = "contact_deleted"
    CONTENT_ERROR = "content_error"


class EventKind(StrEnum):
    """What happened to a message after the server took it."""

    DELIVERED = "delivered"
    OPEN = "open"
    CLICK = "click"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    REPLY = "reply"
