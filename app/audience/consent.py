"""The evidence of permission: who may be mailed, on what ground, since when, in which words; and its withdrawal.

The rows of `consent` are only ever added to. `contact.consent` is their sum, kept in step in the same transaction, so
that an audience is one cheap query.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Insert,
    Select,
    String,
    Update,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models.base import now_ms
from app.models.contacts import Consent, Contact, Suppression
from app.models.sql import any_of, is_postgresql
from app.models.states import ConsentAction, ConsentState, LawfulBasis, SuppressionReason

WITHDRAWING = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT})
"""The suppressions by which a person withdraws a permission. They may be older than the contact."""


def _has_withdrawn() -> ColumnElement[bool]:
    """Whether a contact has withdrawn: by its own evidence, or by a suppression from before it was a contact."""
    by_suppression = exists().where(
        Suppression.address_hash == Contact.address_hash, Suppression.reason.in_(WITHDRAWING)
    )
    return or_(Contact.consent == ConsentState.WITHDRAWN, and_(Contact.consent == ConsentState.UNKNOWN, by_suppression))


def record_consent(
    session: Session,
    contacts: Sequence[int] | Select[int],
    action: ConsentAction,
    *,
    basis: LawfulBasis | None = None,
    source: str,
    wording: str = "",
) -> int:
    """Add one row of evidence per contact and bring `contact.consent` in step: the last action counts.

    A withdrawal is lifted by a consent of the person alone. Another ground (customer, legitimate interest) is recorded
    for no one who has withdrawn, and lifts nothing.

    Args:
        contacts: Their ids, or a query that gives them.
        source: Where the permission comes from: a form, a file, a talk at the counter.
        wording: The words the person agreed to.

    Returns:
        For how many contacts it was recorded.
    """
    chosen = contacts if isinstance(contacts, Select) else any_of(contacts)
    wanted = select(Contact.id).where(Contact.id.in_(chosen))
    state = ConsentState.GIVEN
    if action is ConsentAction.WITHDRAWN:
        state = ConsentState.WITHDRAWN
    elif basis is not LawfulBasis.CONSENT:
        wanted = wanted.where(~_has_withdrawn())
    return _record(session, wanted, action, state, basis, source, wording)


def record_imported_consent(
    session: Session, contacts: Select[int], *, basis: LawfulBasis, source: str, wording: str = ""
) -> int:
    """`record_consent` for a file that says nothing about when a person agreed.

    So it lifts no withdrawal, whatever the ground, and a file that is imported again adds no evidence twice.
    """
    already = select(Consent.contact_id).where(
        Consent.contact_id == Contact.id,
        Consent.action == ConsentAction.GIVEN,
        Consent.basis == basis,
        Consent.source == source,
    )
    wanted = select(Contact.id).where(Contact.id.in_(contacts), ~_has_withdrawn(), ~already.exists())
    return _record(session, wanted, ConsentAction.GIVEN, ConsentState.GIVEN, basis, source, wording)


def _record(
    session: Session,
    wanted: Select[int],
    action: ConsentAction,
    state: ConsentState,
    basis: LawfulBasis | None,
    source: str,
    wording: str,
) -> int:
    _keep_others_away(session, wanted)
    evidence = wanted.add_columns(
        literal(action.value),
        literal(basis.value if basis else None, String),
        literal(source),
        literal(wording),
        literal(now_ms()),
    )
    columns = ["contact_id", "action", "basis", "source", "wording", "at"]
    adding = insert(Consent).from_select(columns, evidence)
    if is_postgresql(session):
        return _record_together(session, adding, state)
    before = session.scalar(select(Consent.id).order_by(Consent.id.desc()).limit(1)) or 0
    recorded = session.connection().execute(adding).rowcount
    session.execute(_in_step(select(Consent.contact_id).where(Consent.id > before), state))
    return int(recorded)


def _in_step(recorded: Select[int], state: ConsentState) -> Update:
    return (
        update(Contact)
        .where(Contact.id.in_(recorded), Contact.consent != state)
        .values(consent=state)
        .execution_options(synchronize_session=False)
    )


def _record_together(session: Session, adding: Insert, state: ConsentState) -> int:
    """Add the evidence and bring the contacts in step by what was added: others add rows at the same time."""
    added = adding.returning(Consent.contact_id).cte("added")
    in_step = _in_step(select(added.c.contact_id), state).cte("in_step")
    return session.scalar(select(func.count()).select_from(added).add_cte(in_step)) or 0


def _keep_others_away(session: Session, wanted: Select[int]) -> None:
    """Lock the contacts, so that a withdrawal that is just being recorded is seen, and not overruled."""
    if is_postgresql(session):
        locked = wanted.order_by(Contact.id).with_for_update(of=Contact).subquery()
        session.scalar(select(func.count()).select_from(locked))
