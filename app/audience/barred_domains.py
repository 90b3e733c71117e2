"""Whole domains that must not be mailed, such as a competitor's or one that answers every message with a complaint."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audience.addresses import normalise
from app.errors import UserFacingError
from app.models.contacts import Contact, SuppressedDomain
from app.models.sql import domain_of, upsert
from app.models.states import SuppressionReason
from app.models.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BarredDomain:
    """A domain no address of which is mailed, and how many contacts have one there."""

    name: str
    reason: SuppressionReason
    origin: str
    since: datetime
    contacts: int


def bar_domain(
    workspace: Workspace, name: str, origin: str, reason: SuppressionReason = SuppressionReason.MANUAL
) -> str:
    """Never mail an address at the domain *name* again, and return its normalised form.

    Its subdomains are domains of their own. Barred already, it keeps its first reason.

    Args:
        name: As people write it, with or without an @ before it.
        origin: Who or what said so, in words for the user.

    Raises:
        BadAddress: *name* is no domain.
    """
    domain = _normalised(name)
    with workspace.write() as session:
        barring = upsert(session, SuppressedDomain).values(name=domain, reason=reason, origin=origin)
        session.execute(barring.on_conflict_do_nothing())
    return domain


def allow_domain(workspace: Workspace, name: str) -> bool:
    """Let addresses at *name* be mailed again, as far as nothing else bars them. Whether it was barred is returned.

    Raises:
        BadAddress: *name* is no domain.
    """
    with workspace.write() as session:
        gone = delete(SuppressedDomain).where(SuppressedDomain.name == _normalised(name))
        return session.connection().execute(gone).rowcount > 0


def barred_domains(workspace: Workspace) -> tuple[BarredDomain, ...]:
    """All barred domains by name."""
    sizes = (
        select(SuppressedDomain.name, func.count().label("size"))
        .join(Contact, domain_of(Contact.email) == SuppressedDomain.name)
        .group_by(SuppressedDomain.name)
        .subquery()
    )
    query = (
        select(SuppressedDomain, func.coalesce(sizes.c.size, 0))
        .join(sizes, sizes.c.name == SuppressedDomain.name, isouter=True)
        .order_by(SuppressedDomain.name)
    )
    with workspace.read() as session:
        return tuple(
            BarredDomain(row.name, row.reason, row.origin, row.created_at, size) for row, size in session.execute(query)
        )


def count_at(workspace: Workspace, name: str) -> int:
    """How many contacts have an address at the domain *name*, to be told before it is barred.

    Raises:
        BadAddress: *name* is no domain.
    """
    with workspace.read() as session:
        there = select(func.count()).select_from(Contact).where(domain_of(Contact.email) == _normalised(name))
        return session.scalar(there) or 0


def is_at_barred_domain(session: Session, address: str) -> bool:
    """Whether the whole domain of *address* (normalised) is barred."""
    domain = address.rpartition("@")[2]
    return session.scalar(select(SuppressedDomain.name).where(SuppressedDomain.name == domain)) is not None


def _normalised(name: str) -> str:
    bare = name.strip().removeprefix("@").rstrip(".")
    if "@" in bare:
        raise UserFacingError("This is an address, not a domain.", f"Type “{bare.rpartition('@')[2]}” alone.")
    return normalise(f"x@{bare}").rpartition("@")[2]
