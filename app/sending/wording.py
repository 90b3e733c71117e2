"""What a delivery's state and reason are called, in plain English."""

from app.models.states import DeliveryState, SkipReason
from app.sending.reasons import MEANINGS, Reason

_STATES = {
    DeliveryState.QUEUED: "waiting",
    DeliveryState.SENDING: "on its way",
    DeliveryState.SENT: "sent",
    DeliveryState.DEFERRED: "to be tried again",
    DeliveryState.FAILED: "refused",
    DeliveryState.SKIPPED: "left out",
    DeliveryState.IN_DOUBT: "in doubt",
    DeliveryState.CANCELLED: "cancelled",
}
_SKIP_REASONS = {
    SkipReason.SUPPRESSED: "The address must not be mailed: unsubscribed, bounced or blocked.",
    SkipReason.NO_PERMISSION: "No permission to mail this person is recorded.",
    SkipReason.CONTACT_DELETED: "The contact was deleted before its turn came.",
    SkipReason.CONTENT_ERROR: "The message could not be made with this contact's data.",
}


def state_words(state: DeliveryState) -> str:
    """What a state is called."""
    return _STATES[state]


def reason_words(reason: str, *, server: str = "The mail server") -> str:
    """Why a delivery is in its state, in one sentence; empty for an empty reason.

    Raises:
        ValueError: no such reason is known.
    """
    if not reason:
        return ""
    if reason in set(SkipReason):
        return _SKIP_REASONS[SkipReason(reason)]
    return MEANINGS[Reason(reason)].sentence.format(server=server)
