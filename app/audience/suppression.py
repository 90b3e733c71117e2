"""Addresses that must not be mailed, and why. They outlive their contacts, and no import weakens them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from app.audience import undo
from app.audience.addresses import normalise
from app.audience.barred_domains import is_at_barred_domain
from app.audience.consent import WITHDRAWING, record_consent
from app.errors import UserFacingError
from app.models.base import now_ms
from app.models.contacts import Contact, Suppression
from app.models.sql import any_of, driver_sql, mentions
from app.models.states import ConsentAction, ConsentState, SuppressionReason
from app.models.workspace import Workspace

HARDNESS = (
    SuppressionReason.MANUAL,
    SuppressionReason.HARD_BOUNCE,
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.COMPLAINT,
    SuppressionReason.ERASED,
)
"""From what the user may lift at will, over what a server said, to what the person asked for."""

_UPSERT = """
    INSERT INTO suppression (address_hash, address, reason, origin, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (address_hash) DO UPDATE
    SET address = excluded.address, reason = excluded.reason, origin = excluded.origin, created_at = excluded.created_at
    WHERE suppression.reason IN ({softer})
"""


@dataclass(frozen=True)
class SuppressionInfo:
    """One suppressed address; `address` is None after erasure, when only its keyed hash is left."""

    id: int
    address: str | None
    reason: SuppressionReason
    origin: str
    since: datetime


def suppress(workspace: Workspace, addresses: Iterable[str], reason: SuppressionReason, origin: str) -> int:
    """Never mail these addresses again; where one is suppressed already, the harder reason counts.

    Args:
        addresses: As people write them; they need not belong to a contact.
        origin: Who or what said so, in words for the user ("Link in “Spring sale”", "By hand").

    Returns:
        For how many addresses this is new, or harder than before.

    Raises:
        BadAddress: one of them is no address; nothing was changed.
    """
    normalised = [normalise(address) for address in addresses]
    with workspace.write() as session:
        return suppress_in(session, workspace, normalised, reason, origin)


def suppress_in(
    session: Session, workspace: Workspace, addresses: Sequence[str], reason: SuppressionReason, origin: str
) -> int:
    """`suppress` within a transaction of the caller's, for normalised addresses as contacts and deliveries have them.

    Who unsubscribes or complains withdraws a permission: that evidence is recorded along with it. Who asked to be
    forgotten is dropped from what can be undone.
    """
    softer = ", ".join(f"'{word.value}'" for word in HARDNESS[: HARDNESS.index(reason)])
    is_kept = reason is not SuppressionReason.ERASED
    rows = [
        (workspace.address_hash(address), address if is_kept else None, reason.value, origin, now_ms())
        for address in dict.fromkeys(addresses)
    ]
    if not rows:
        return 0
    changed = driver_sql(session.connection(), _UPSERT.format(softer=softer or "NULL"), rows).rowcount
    if reason is SuppressionReason.ERASED:
        undo.forget(session, addresses)
    if reason in WITHDRAWING:
        people = select(Contact.id).where(
            Contact.email.in_(any_of(addresses)), Contact.consent != ConsentState.WITHDRAWN
        )
        record_consent(session, people, ConsentAction.WITHDRAWN, source=origin)
    return changed


def release(workspace: Workspace, addresses: Iterable[str]) -> int:
    """Let these addresses be mailed again. A withdrawn permission stays withdrawn until a new one is recorded.

    Returns:
        How many were suppressed.

    Raises:
        BadAddress: one of them is no address; nothing was changed.
        UserFacingError: the person behind one asked to be forgotten; nothing was changed.
    """
    hashes = {workspace.address_hash(normalise(address)): address for address in addresses}
    with workspace.write() as session:
        chosen = Suppression.address_hash.in_(any_of(hashes))
        erased = session.scalar(
            select(Suppression.address_hash).where(chosen, Suppression.reason == SuppressionReason.ERASED).limit(1)
        )
        if erased is not None:
            raise UserFacingError(
                f"The person behind {hashes[erased]} asked to be forgotten.",
                "Mail may only go there again after they sign up themselves.",
            )
        return session.connection().execute(delete(Suppression).where(chosen)).rowcount


def list_suppressions(
    workspace: Workspace,
    *,
    search: str = "",
    reason: SuppressionReason | None = None,
    limit: int = 1000,
    offset: int = 0,
) -> tuple[SuppressionInfo, ...]:
    """The suppressed addresses that contain *search*, newest first, *limit* of them from *offset* on."""
    query = select(Suppression).order_by(Suppression.created_at.desc(), Suppression.id.desc())
    if search.strip():
        query = query.where(mentions(Suppression.address, search.strip()))
    if reason is not None:
        query = query.where(Suppression.reason == reason)
    with workspace.read() as session:
        return tuple(
            SuppressionInfo(row.id, row.address, row.reason, row.origin, row.created_at)
            for row in session.scalars(query.limit(limit).offset(offset))
        )


def count_suppressions(workspace: Workspace) -> dict[SuppressionReason, int]:
    """How many addresses are suppressed, by reason; reasons without any are left out."""
    with workspace.read() as session:
        rows = session.execute(select(Suppression.reason, func.count()).group_by(Suppression.reason))
        return {reason: number for reason, number in rows}  # noqa: C416  a Row is no pair to mypy


def is_suppressed(workspace: Workspace, address: str) -> bool:
    """Whether mail to *address* is forbidden.

    Raises:
        BadAddress: it is no address.
    """
    bare = normalise(address)
    is_itself = select(exists().where(Suppression.address_hash == workspace.address_hash(bare)))
    with workspace.read() as session:
        return bool(session.scalar(is_itself)) or is_at_barred_domain(session, bare)
