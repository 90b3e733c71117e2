"""Whether a contact can be mailed, and if not, why: the one place where suppression and consent are put together.

The expressions below need the contact joined to what bars it: `.select_from(contact_and_block)`.
"""

from enum import StrEnum

from sqlalchemy import case, join, null, or_

from app.models.contacts import Contact, SuppressedDomain, Suppression
from app.models.sql import domain_of
from app.models.states import ConsentState, SkipReason, SuppressionReason


class MailStatus(StrEnum):
    """What would become of a message to a contact."""

    MAILABLE = "mailable"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"
    NO_PERMISSION = "no_permission"

    @property
    def words(self) -> str:
        """How the status is called on screen, in English."""
        return _WORDS[self]


_WORDS = {
    MailStatus.MAILABLE: "can be mailed",
    MailStatus.UNSUBSCRIBED: "unsubscribed",
    MailStatus.BOUNCED: "bounced",
    MailStatus.COMPLAINED: "complained",
    MailStatus.BLOCKED: "blocked by hand",
    MailStatus.NO_PERMISSION: "no permission recorded",
}

contact_and_block = join(
    join(Contact, Suppression, Suppression.address_hash == Contact.address_hash, isouter=True),
    SuppressedDomain,
    SuppressedDomain.name == domain_of(Contact.email),
    isouter=True,
)
"""Each contact once, with its suppression and that of its domain where there is one."""

is_barred = or_(Suppression.id.is_not(None), SuppressedDomain.name.is_not(None))
"""Whether the address or its whole domain must not be mailed."""

mail_status = case(
    (Suppression.reason == SuppressionReason.UNSUBSCRIBED, MailStatus.UNSUBSCRIBED.value),
    (Suppression.reason == SuppressionReason.HARD_BOUNCE, MailStatus.BOUNCED.value),
    (Suppression.reason == SuppressionReason.COMPLAINT, MailStatus.COMPLAINED.value),
    (is_barred, MailStatus.BLOCKED.value),
    (Contact.consent == ConsentState.WITHDRAWN, MailStatus.UNSUBSCRIBED.value),
    (Contact.consent == ConsentState.UNKNOWN, MailStatus.NO_PERMISSION.value),
    else_=MailStatus.MAILABLE.value,
).label("mail_status")
"""The `MailStatus` of a contact, as its word."""

skip_reason = case(
    (is_barred, SkipReason.SUPPRESSED.value),
    (Contact.consent != ConsentState.GIVEN, SkipReason.NO_PERMISSION.value),
    else_=null(),
).label("skip_reason")
"""The `SkipReason` of a contact that must not be mailed, as its word; NULL if it can be. Always agrees with
`mail_status`, so the numbers before sending are the numbers after it."""
