"""What a rule is read against: the fields, groups, campaigns and segments there are, and what day it is.

All of it is read in the transaction in which the rule is evaluated, so the two always agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audience.rules import Condition, Rule, Subject, from_json
from app.audience.segment_catalogue import Need, SubjectInfo, catalogue
from app.errors import UserFacingError
from app.models.accounts import Account
from app.models.base import utcnow
from app.models.campaigns import Campaign, Dispatch
from app.models.contacts import ContactList, Field, Segment, Tag, Topic
from app.models.fields import FieldInfo
from app.models.housekeeping import Organisation
from app.models.states import AccountKind, CampaignKind


@dataclass(frozen=True, slots=True)
class Known:
    """See `read_known`.

    Attributes:
        today: The day it is where the organisation is, in *zone*.
        names: What a value of each need stands for, by its id; those that were deleted are missing.
        rules: Of each segment its rule; None of one that this version cannot read.
        last_campaigns: Those that were sent, without rehearsals in the practice server, the newest first.
    """

    today: date
    zone: ZoneInfo
    fields: Mapping[str, FieldInfo]
    names: Mapping[Need, Mapping[int, str]] = field(default_factory=dict)
    rules: Mapping[int, Rule | None] = field(default_factory=dict)
    last_campaigns: tuple[int, ...] = ()
    subjects: Mapping[tuple[Subject, str], SubjectInfo] = field(default_factory=dict)

    def subject_of(self, condition: Condition) -> SubjectInfo | None:
        """What the catalogue says of the subject of *condition*; None if its field is not there any more."""
        return self.subjects.get((condition.subject, condition.key))

    def start_of(self, day: date) -> datetime:
        """The moment at which *day* begins where the organisation is."""
        # A day that summer time lets begin at one o'clock has no midnight: the moment before the gap counts.
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def days_ago(self, days: int) -> date:
        """The day that many *days* before today; the first there is if that is too long ago."""
        return self.today - timedelta(days=min(days, self.today.toordinal() - 1))

    def in_days(self, days: int) -> date:
        """The day that many *days* after today; the last there is if that is too far off."""
        return self.today + timedelta(days=min(days, date.max.toordinal() - self.today.toordinal()))


def read_known(session: Session, *, now: datetime | None = None) -> Known:
    """What there is in the workspace now, at *now* if that is given."""
    zone = _zone(session)
    rows = session.execute(
        select(Field.key, Field.label, Field.type, Field.column, Field.is_builtin, Field.id)
        .where(Field.deleted_at.is_(None))
        .order_by(Field.position, Field.id)
    )
    fields = {row.key: FieldInfo(row.key, row.label, row.type, row.column, row.is_builtin, row.id) for row in rows}
    segments = session.execute(select(Segment.id, Segment.name, Segment.rule)).all()
    names = {
        Need.LISTS: _named(session, select(ContactList.id, ContactList.name)),
        Need.TAGS: _named(session, select(Tag.id, Tag.name)),
        Need.TOPICS: _named(session, select(Topic.id, Topic.name).where(Topic.deleted_at.is_(None))),
        Need.CAMPAIGNS: _named(
            session, select(Campaign.id, Campaign.name).where(Campaign.kind == CampaignKind.CAMPAIGN)
        ),
        Need.SEGMENTS: {row.id: row.name for row in segments},
    }
    return Known(
        today=(now or utcnow()).astimezone(zone).date(),
        zone=zone,
        fields=fields,
        names=names,
        rules={row.id: _rule(row.rule) for row in segments},
        last_campaigns=tuple(session.scalars(_sent_last)),
        subjects={(info.subject, info.key): info for info in catalogue(tuple(fields.values()))},
    )


def sent_dispatches() -> Select[int]:
    """The ids of the dispatches that went out, without rehearsals in the practice server."""
    return (
        select(Dispatch.id)
        .join(Account, Account.id == Dispatch.account_id)
        .where(Dispatch.started_at.is_not(None), Account.kind != AccountKind.PRACTICE)
    )


_sent_last = (
    select(Campaign.id)
    .join(Dispatch, Dispatch.campaign_id == Campaign.id)
    .where(Campaign.kind == CampaignKind.CAMPAIGN, Dispatch.id.in_(sent_dispatches()))
    .group_by(Campaign.id)
    .order_by(func.max(Dispatch.started_at).desc(), Campaign.id.desc())
)


def _named(session: Session, query: Select[int, str]) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(query)}


def _rule(stored: Mapping[str, object]) -> Rule | None:
    try:
        return from_json(stored)
    except UserFacingError:
        # Said where it is named, see `segment_checks`.
        return None


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.scalars(select(Organisation.time_zone)).one())
