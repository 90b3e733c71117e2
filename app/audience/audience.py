"""Who gets a message: everyone, or some lists, tags, segments and recipients of an earlier message, less others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import Session

from app.audience.rules import Condition, Operator, Subject
from app.audience.segment_checks import problems
from app.audience.segment_known import read_known
from app.audience.segment_plan import condition_of
from app.audience.segment_sql import answerable_plan
from app.audience.status import contact_and_block, skip_reason
from app.errors import UserFacingError
from app.models.campaigns import Campaign, Delivery, Dispatch, Event
from app.models.contacts import Contact, ContactTag, Membership
from app.models.states import CampaignKind, ConsentState, DeliveryState, EventKind, SkipReason
from app.models.workspace import Workspace


class Reaction(StrEnum):
    """What people did with an earlier message that they got."""

    ANY = "any"
    OPENED = "opened"
    NOT_OPENED = "not_opened"
    CLICKED = "clicked"
    NOT_CLICKED = "not_clicked"

    @property
    def words(self) -> str:
        """Who that is, in English; ``{0}`` stands for the name of the campaign."""
        return _REACTIONS[self]


_REACTIONS = {
    Reaction.ANY: "Those who got “{0}”",
    Reaction.OPENED: "Those who opened “{0}”",
    Reaction.NOT_OPENED: "Those who did not open “{0}”",
    Reaction.CLICKED: "Those who clicked in “{0}”",
    Reaction.NOT_CLICKED: "Those who did not click in “{0}”",
}
_SEEN = (EventKind.OPEN, EventKind.CLICK)
"""Who has clicked has read it, even if no picture was loaded that could tell of it."""


@dataclass(frozen=True)
class Audience:
    """A choice of contacts, evaluated when it is asked for. Who is in several chosen groups counts once.

    Attributes:
        dispatch_id: Also those to whom this dispatch was sent.
        reaction: Of these, only those who did that.
    """

    everyone: bool = False
    list_ids: frozenset[int] = frozenset()
    tag_ids: frozenset[int] = frozenset()
    excluded_list_ids: frozenset[int] = frozenset()
    excluded_tag_ids: frozenset[int] = frozenset()
    segment_ids: frozenset[int] = frozenset()
    excluded_segment_ids: frozenset[int] = frozenset()
    dispatch_id: int | None = None
    reaction: Reaction = Reaction.ANY

    def to_json(self) -> dict[str, object]:
        """The form in which a campaign stores it. What only newer versions know stands in it only if it is used."""
        segments = {"segment_ids": self.segment_ids, "excluded_segment_ids": self.excluded_segment_ids}
        recipients: dict[str, object] = {"dispatch_id": self.dispatch_id, "reaction": self.reaction.value}
        return {
            "everyone": self.everyone,
            "list_ids": sorted(self.list_ids),
            "tag_ids": sorted(self.tag_ids),
            "excluded_list_ids": sorted(self.excluded_list_ids),
            "excluded_tag_ids": sorted(self.excluded_tag_ids),
            **{key: sorted(ids) for key, ids in segments.items() if ids},
            **(recipients if self.dispatch_id is not None else {}),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Audience":
        """What `to_json` gave; an empty mapping is the empty audience.

        Raises:
            UserFacingError: a newer version of the program wrote it, and leaving out what it says could mail too many.
        """
        unknown = stored.keys() - cls.__dataclass_fields__.keys()
        if unknown:
            raise _of_a_newer_version(", ".join(sorted(unknown)))
        return cls(
            everyone=bool(stored.get("everyone", False)),
            list_ids=_ids(stored.get("list_ids")),
            tag_ids=_ids(stored.get("tag_ids")),
            excluded_list_ids=_ids(stored.get("excluded_list_ids")),
            excluded_tag_ids=_ids(stored.get("excluded_tag_ids")),
            segment_ids=_ids(stored.get("segment_ids")),
            excluded_segment_ids=_ids(stored.get("excluded_segment_ids")),
            dispatch_id=dispatch_id if isinstance(dispatch_id := stored.get("dispatch_id"), int) else None,
            reaction=_reaction(stored.get("reaction", Reaction.ANY)),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nobody can be in it, as nothing was chosen yet."""
        chosen = self.list_ids or self.tag_ids or self.segment_ids
        return not (self.everyone or chosen or self.dispatch_id is not None)


@dataclass(frozen=True)
class AudienceCount:
    """How many contacts an audience has, how many can be mailed, and how many are left out for which reason."""

    total: int
    mailable: int
    skipped: Mapping[SkipReason, int]


def select_contacts(session: Session, audience: Audience) -> Select[int, str, bytes, ConsentState]:
    """One statement that gives `id, email, address_hash, consent` of each contact, for an INSERT … SELECT.

    Suppressed contacts are among them, so that a dispatch can show whom it left out. To learn the reason in the same
    statement: `.select_from(status.contact_and_block).add_columns(status.skip_reason)`. If a segment cannot be
    answered, nobody is in the audience; `require_answerable` says so.
    """
    wanted = select(Contact.id, Contact.email, Contact.address_hash, Contact.consent)
    return wanted.where(*_conditions(session, audience))


def require_answerable(session: Session, audience: Audience) -> None:
    """Refuse an audience with a segment that is gone, or names what is gone: nobody would get the message.

    Raises:
        UserFacingError: why, and what to do.
    """
    named = _in_segments(audience.segment_ids | audience.excluded_segment_ids)
    if named is not None:
        for problem in problems(named, read_known(session)):
            raise UserFacingError(
                f"The recipients cannot be told. {problem.sentence}", "Change that segment, or choose other recipients."
            )


def count(workspace: Workspace, audience: Audience) -> AudienceCount:
    """What a dispatch to *audience* would do if it started now."""
    with workspace.read() as session:
        rows = session.execute(
            select(skip_reason, func.count())
            .select_from(contact_and_block)
            .where(*_conditions(session, audience))
            .group_by(skip_reason)
        )
        numbers: dict[SkipReason | None, int] = {
            SkipReason(reason) if reason else None: number for reason, number in rows
        }
    mailable = numbers.pop(None, 0)
    skipped = {reason: number for reason, number in numbers.items() if reason}
    return AudienceCount(mailable + sum(skipped.values()), mailable, skipped)


def sent_campaigns(workspace: Workspace) -> dict[int, str]:
    """The name of its campaign for each dispatch that recipients can be taken of."""
    with workspace.read() as session:
        rows = session.execute(
            select(Dispatch.id, Campaign.name)
            .join(Campaign, Campaign.id == Dispatch.campaign_id)
            .where(Campaign.kind == CampaignKind.CAMPAIGN)
        )
        return {dispatch_id: name for dispatch_id, name in rows}  # noqa: C416  a Row is no pair to mypy


def _conditions(session: Session, audience: Audience) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    named, excluded = _in_segments(audience.segment_ids), _in_segments(audience.excluded_segment_ids)
    known = None
    if named or excluded:
        known = read_known(session)
        if any(problems(one, known) for one in (named, excluded) if one):
            # Without the part that cannot be told, it could be too many.
            return [false()]
    if not audience.everyone:
        groups: list[Select[Any]] = [_listed(audience.list_ids), _tagged(audience.tag_ids)]
        if audience.dispatch_id is not None:
            groups.append(_recipients(audience.dispatch_id, audience.reaction))
        chosen: list[ColumnElement[bool]] = [Contact.id.in_(group) for group in groups]
        if named and known:
            chosen.append(condition_of(answerable_plan(session, named, known)))
        conditions.append(or_(*chosen))
    if audience.excluded_list_ids:
        conditions.append(Contact.id.not_in(_listed(audience.excluded_list_ids)))
    if audience.excluded_tag_ids:
        conditions.append(Contact.id.not_in(_tagged(audience.excluded_tag_ids)))
    if excluded and known:
        conditions.append(~condition_of(answerable_plan(session, excluded, known)))
    return conditions


def _in_segments(segment_ids: frozenset[int]) -> Condition | None:
    """The rule that somebody is in one of these segments; None if there are none."""
    if not segment_ids:
        return None
    return Condition(Subject.SEGMENT, "", Operator.ONE_OF, tuple(str(one) for one in sorted(segment_ids)))


def _listed(list_ids: Iterable[int]) -> Select[int]:
    return select(Membership.contact_id).where(Membership.list_id.in_(sorted(list_ids)))


def _tagged(tag_ids: Iterable[int]) -> Select[int]:
    return select(ContactTag.contact_id).where(ContactTag.tag_id.in_(sorted(tag_ids)))


def _recipients(dispatch_id: int, reaction: Reaction) -> Select[int | None]:
    query = select(Delivery.contact_id).where(
        Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.SENT, Delivery.contact_id.is_not(None)
    )
    seen = (EventKind.CLICK,) if reaction in (Reaction.CLICKED, Reaction.NOT_CLICKED) else _SEEN
    has_reacted = exists().where(Event.delivery_id == Delivery.id, Event.kind.in_(seen))
    if reaction in (Reaction.OPENED, Reaction.CLICKED):
        return query.where(has_reacted)
    return query if reaction is Reaction.ANY else query.where(~has_reacted)


def _reaction(stored: object) -> Reaction:
    if stored not in set(Reaction):
        raise _of_a_newer_version(f"reaction {stored}")
    return Reaction(str(stored))


def _of_a_newer_version(detail: str) -> UserFacingError:
    return UserFacingError(
        "This campaign chooses its recipients in a way this version does not know.",
        "Install the newest version of the program.",
        detail=detail,
    )


def _ids(stored: object) -> frozenset[int]:
    return frozenset(map(int, stored)) if isinstance(stored, list) else frozenset()
