"""Forgetting a person who asks for it (GDPR, article 17): all that is known of them goes, but for a keyed hash.

The hash keeps them unmailed if somebody imports an old list again (article 17(3)(b) and (e)); it tells nobody who they
were. Backups that were made before still hold them, and go when their time is over.
"""

from collections.abc import Sequence

from sqlalchemy import String, cast, delete, exists, literal, select, update
from sqlalchemy.orm import Session

from app.audience.suppression import suppress_in
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.campaigns import Attempt, Campaign, Delivery, Dispatch
from app.models.contacts import Contact
from app.models.housekeeping import PracticeMessage
from app.models.sql import any_of
from app.models.states import CampaignKind, DeliveryState, SkipReason, SuppressionReason
from app.models.workspace import Workspace


def erase(workspace: Workspace, ids: Sequence[int], origin: str) -> int:
    """Forget the contacts *ids* for good: this cannot be undone.

    What was sent to them stays in the counts of its report, without a name, an address, or the server's reply.

    Args:
        origin: How they asked for it, in words for the user.

    Returns:
        How many there were.

    Raises:
        UserFacingError: a message to one of them is just leaving; nothing was changed.
    """
    with workspace.write() as session:
        people = select(Contact.id, Contact.email).where(Contact.id.in_(any_of(ids))).with_for_update()
        addresses = {row.id: row.email for row in session.execute(people)}
        if not addresses:
            return 0
        theirs = Delivery.address.in_(any_of(addresses.values())) | Delivery.contact_id.in_(any_of(addresses))
        leaving = select(exists().where(theirs, Delivery.state == DeliveryState.SENDING))
        if session.scalar(leaving):
            raise UserFacingError("A message to them is leaving just now.", "Try again in a minute.")
        suppress_in(session, workspace, list(addresses.values()), SuppressionReason.ERASED, origin)
        deliveries = session.scalars(select(Delivery.id).where(theirs).with_for_update()).all()
        _redact(session, deliveries)
        session.execute(delete(PracticeMessage).where(PracticeMessage.recipient.in_(any_of(addresses.values()))))
        session.execute(delete(Contact).where(Contact.id.in_(any_of(addresses))))
        return len(addresses)


def _redact(session: Session, delivery_ids: Sequence[int]) -> None:
    chosen = Delivery.id.in_(any_of(delivery_ids))
    waiting = Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED))
    own_words = select(Delivery.dispatch_id).join(Dispatch).join(Campaign)
    own_words = own_words.where(chosen, Campaign.kind == CampaignKind.TRANSACTIONAL)
    unsynchronised = {"synchronize_session": False}
    session.execute(
        update(Dispatch)
        .where(Dispatch.id.in_(own_words))
        .values(subject="", preheader="", html="", text="", data={})
        .execution_options(**unsynchronised)
    )
    session.execute(
        update(Delivery)
        .where(chosen, waiting)
        .values(state=DeliveryState.SKIPPED, reason=SkipReason.SUPPRESSED, settled_at=utcnow())
        .execution_options(**unsynchronised)
    )
    session.execute(
        update(Delivery)
        .where(chosen)
        .values(address=literal("erased ") + cast(Delivery.id, String), reply="")
        .execution_options(**unsynchronised)
    )
    attempts = update(Attempt).where(Attempt.delivery_id.in_(any_of(delivery_ids))).values(text="")
    session.execute(attempts.execution_options(**unsynchronised))
