"""Who gets a message: everyone, or some lists and tags, less others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.audience.status import contact_and_block, skip_reason
from app.errors import UserFacingError
from app.models.contacts import Contact, ContactTag, Membership
from app.models.states import ConsentState, SkipReason
from app.models.workspace import Workspace


@dataclass(frozen=True)
class Audience:
    """A choice of contacts, evaluated when it is asked for. Who is in several chosen groups counts once."""

    everyone: bool = False
    list_ids: frozenset[int] = frozenset()
    tag_ids: frozenset[int] = frozenset()
    excluded_list_ids: frozenset[int] = frozenset()
    excluded_tag_ids: frozenset[int] = frozenset()

    def to_json(self) -> dict[str, object]:
        """The form in which a campaign stores it."""
        return {
            "everyone": self.everyone,
            "list_ids": sorted(self.list_ids),
            "tag_ids": sorted(self.tag_ids),
            "excluded_list_ids": sorted(self.excluded_list_ids),
            "excluded_tag_ids": sorted(self.excluded_tag_ids),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Audience":
        """What `to_json` gave; an empty mapping is the empty audience.

        Raises:
            UserFacingError: a newer version of the program wrote it, and leaving out what it says could mail too many.
        """
        unknown = stored.keys() - cls.__dataclass_fields__.keys()
        if unknown:
            raise UserFacingError(
                "This campaign chooses its recipients in a way this version does not know.",
                "Install the newest version of the program.",
                detail=", ".join(sorted(unknown)),
            )
        return cls(
            everyone=bool(stored.get("everyone", False)),
            list_ids=_ids(stored.get("list_ids")),
            tag_ids=_ids(stored.get("tag_ids")),
            excluded_list_ids=_ids(stored.get("excluded_list_ids")),
            excluded_tag_ids=_ids(stored.get("excluded_tag_ids")),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nobody can be in it, as nothing was chosen yet."""
        return not (self.everyone or self.list_ids or self.tag_ids)


@dataclass(frozen=True)
class AudienceCount:
    """How many contacts an audience has, how many can be mailed, and how many are left out for which reason."""

    total: int
    mailable: int
    skipped: Mapping[SkipReason, int]


def select_contacts(audience: Audience) -> Select[int, str, bytes, ConsentState]:
    """One statement that gives `id, email, address_hash, consent` of each contact, for an INSERT … SELECT.

    Suppressed contacts are among them, so that a dispatch can show whom it left out. To learn the reason in the same
    statement: `.select_from(status.contact_and_block).add_columns(status.skip_reason)`.
    """
    return select(Contact.id, Contact.email, Contact.address_hash, Contact.consent).where(*_conditions(audience))


def count(workspace: Workspace, audience: Audience) -> AudienceCount:
    """What a dispatch to *audience* would do if it started now."""
    with workspace.read() as session:
        rows = session.execute(
            select(skip_reason, func.count())
            .select_from(contact_and_block)
            .where(*_conditions(audience))
            .group_by(skip_reason)
        )
        numbers: dict[SkipReason | None, int] = {
            SkipReason(reason) if reason else None: number for reason, number in rows
        }
    mailable = numbers.pop(None, 0)
    skipped = {reason: number for reason, number in numbers.items() if reason}
    return AudienceCount(mailable + sum(skipped.values()), mailable, skipped)


def _conditions(audience: Audience) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not audience.everyone:
        conditions.append(or_(Contact.id.in_(_listed(audience.list_ids)), Contact.id.in_(_tagged(audience.tag_ids))))
    if audience.excluded_list_ids:
        conditions.append(Contact.id.not_in(_listed(audience.excluded_list_ids)))
    if audience.excluded_tag_ids:
        conditions.append(Contact.id.not_in(_tagged(audience.excluded_tag_ids)))
    return conditions


def _listed(list_ids: Iterable[int]) -> Select[int]:
    return select(Membership.contact_id).where(Membership.list_id.in_(sorted(list_ids)))


def _tagged(tag_ids: Iterable[int]) -> Select[int]:
    return select(ContactTag.contact_id).where(ContactTag.tag_id.in_(sorted(tag_ids)))


def _ids(stored: object) -> frozenset[int]:
    return frozenset(map(int, stored)) if isinstance(stored, list) else frozenset()
