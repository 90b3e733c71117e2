"""Segments: rules that were given a name. Who is in one is asked anew each time; only its size is written down, once a
day, to show how it grows.

Every change is one action of the user's, which `undo` takes back.
"""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from app.audience import undo
from app.audience.rules import Condition, Operator, Rule, Subject, segments_in, to_json
from app.audience.segment_catalogue import Need
from app.audience.segment_checks import Problem, problems, require_answerable
from app.audience.segment_known import Known, read_known
from app.audience.segment_sets import SegmentSets
from app.audience.segment_sql import select_ids
from app.audience.segment_words import words
from app.errors import UserFacingError
from app.models.base import now_ms, utcnow
from app.models.campaigns import Campaign, Dispatch
from app.models.contacts import Segment, SegmentSize
from app.models.sql import folded, id_array, serialise, upsert
from app.models.states import DispatchState
from app.models.workspace import Workspace

_LONGEST_NAME = 200
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """A segment as it is listed.

    Attributes:
        rule: None if a newer version of the program made it.
        words: The rule, read aloud.
        problem: Why it has nobody in it, in a sentence; empty if it can be answered.
        size: How many were in it when it was counted last; None if it never was.
    """

    id: int
    name: str
    rule: Rule | None
    words: str
    problem: str
    size: int | None
    counted_on: date | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What names a segment: campaigns, those to be sent first, and other segments, by id and name."""

    campaigns: tuple[tuple[int, str], ...] = ()
    segments: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would give, while it is typed: the first few, and what keeps it from being answered."""

    count: int
    sample: "array[int]"
    problems: tuple[Problem, ...]
    words: str


def all_segments(workspace: Workspace) -> tuple[SegmentInfo, ...]:
    """All segments by name, with the sizes counted last; `count_all` counts them anew."""
    with workspace.read() as session:
        known = read_known(session)
        days = select(SegmentSize.segment_id, func.max(SegmentSize.day).label("day")).group_by(SegmentSize.segment_id)
        newest = days.subquery()
        sizes = {
            row.segment_id: (row.size, row.day)
            for row in session.execute(
                select(SegmentSize.segment_id, SegmentSize.size, SegmentSize.day).join(
                    newest, (newest.c.segment_id == SegmentSize.segment_id) & (newest.c.day == SegmentSize.day)
                )
            )
        }
        rows = session.execute(select(Segment.id, Segment.name).order_by(folded(Segment.name), Segment.id))
        return tuple(_info(row.id, row.name, known, sizes.get(row.id)) for row in rows)


def _info(segment_id: int, name: str, known: Known, size: tuple[int, int] | None) -> SegmentInfo:
    rule = known.rules[segment_id]
    return SegmentInfo(
        segment_id,
        name,
        rule,
        words(rule, known) if rule else "",
        _problem_of(segment_id, known),
        size[0] if size else None,
        _EPOCH + timedelta(days=size[1]) if size else None,
    )


def _problem_of(segment_id: int, known: Known) -> str:
    rule = known.rules[segment_id]
    if rule is None:
        return "It asks something this version of the program does not know."
    return next((one.sentence for one in problems(rule, known, within=segment_id)), "")


def read(workspace: Workspace) -> Known:
    """What a rule can name in this workspace, for the form and for the words of a rule."""
    with workspace.read() as session:
        return read_known(session)


def create(workspace: Workspace, name: str, rule: Rule) -> int:
    """Make a segment and return its id.

    Raises:
        UserFacingError: the name is empty or taken, or the rule cannot be answered.
    """
    with workspace.write() as session:
        serialise(session, "segment")
        require_answerable(rule, read_known(session))
        return _insert(session, _checked_name(session, name), rule)


def rename(workspace: Workspace, segment_id: int, name: str) -> None:
    """Call a segment *name*.

    Raises:
        UserFacingError: the name is empty or taken, or the segment is gone.
    """
    with workspace.write() as session:
        serialise(session, "segment")
        old = _row(session, segment_id).name
        name = _checked_name(session, name, except_id=segment_id)
        with undo.recording(session, f"Rename segment “{old}”") as journal:
            journal.update("segment", [segment_id], name=name, updated_at=now_ms())


def change(workspace: Workspace, segment_id: int, rule: Rule) -> None:
    """Give a segment another rule.

    Raises:
        UserFacingError: the rule cannot be answered or leads back to this segment, or the segment is gone.
    """
    with workspace.write() as session:
        serialise(session, "segment")
        name = _row(session, segment_id).name
        require_answerable(rule, read_known(session), within=segment_id)
        with undo.recording(session, f"Change segment “{name}”") as journal:
            journal.update("segment", [segment_id], rule=json.dumps(to_json(rule)), updated_at=now_ms())


def duplicate(workspace: Workspace, segment_id: int) -> int:
    """Make a copy of a segment, under a name that is free, and return its id.

    Raises:
        UserFacingError: the segment is gone.
    """
    with workspace.write() as session:
        serialise(session, "segment")
        row = _row(session, segment_id)
        stem, number = f"{row.name[: _LONGEST_NAME - 12]} (copy)", 1
        name = stem
        while _is_taken(session, name):
            number += 1
            name = f"{stem[:-1]} {number})"
        copy = Segment(name=name, rule=row.rule)
        return _insert_row(session, copy)


def delete(workspace: Workspace, segment_id: int) -> None:
    """Delete a segment, not its contacts. Segments that name it have nobody in them then, and say so.

    Raises:
        UserFacingError: it is gone, or a campaign still to be sent names it.
    """
    with workspace.write() as session:
        name = _row(session, segment_id).name
        for campaign, _ in _campaigns_to_be_sent(session, segment_id):
            raise UserFacingError(
                f"The campaign “{campaign}” goes by the segment “{name}”.",
                "Choose other recipients for that campaign, or delete it first.",
            )
        with undo.recording(session, f"Delete segment “{name}”") as journal:
            journal.delete("segment", [segment_id])


def usage(workspace: Workspace, segment_id: int) -> Usage:
    """What names this segment itself; not what names a segment that names it."""
    with workspace.read() as session:
        campaigns = [
            (row.id, row.name)
            for row in session.execute(
                select(Campaign.id, Campaign.name, Campaign.audience)
                .where(Campaign.deleted_at.is_(None))
                .order_by(Campaign.id.desc())
            )
            if _names(row.audience, segment_id)
        ]
        known = read_known(session)
        segments = [
            (other, known.names[Need.SEGMENTS][other])
            for other, rule in known.rules.items()
            if rule and segment_id in segments_in(rule)
        ]
        return Usage(tuple(campaigns), tuple(sorted(segments, key=lambda one: one[1].casefold())))


def ids_in(session: Session, segment_id: int, *, now: datetime | None = None) -> Select[int]:
    """The statement that gives the ids of the contacts in a segment, for use in `Contact.id.in_(…)`.

    Nobody is in one that is gone or cannot be answered.
    """
    return select_ids(session, _is_in(segment_id), now=now)


def preview(
    workspace: Workspace,
    rule: Rule,
    *,
    sample: int = 20,
    within: int | None = None,
    sets: SegmentSets | None = None,
    now: datetime | None = None,
) -> Preview:
    """How many *rule* holds for and who the first are, by age; `contacts.page` gives their rows.

    Args:
        within: The segment whose rule is being changed.
        sets: Counts quicker, the more so the less of the rule has changed since it counted last.
    """
    with workspace.read() as session:
        known = read_known(session, now=now)
        found, told = problems(rule, known, within=within), words(rule, known)
        if found:
            return Preview(0, array("q"), found, told)
        if sets is None:
            ids = select_ids(session, rule, now=now)
            first = id_array(session, select(ids.subquery().c[0].label("id")).order_by("id").limit(sample))
            return Preview(_count(session, ids), first, found, told)
    everybody = sets.ids(rule, now=now)
    return Preview(len(everybody), array("q", everybody[:sample]), found, told)


def count(workspace: Workspace, rule: Rule, *, now: datetime | None = None) -> int:
    """How many contacts *rule* holds for."""
    with workspace.read() as session:
        return _count(session, select_ids(session, rule, now=now))


def count_all(workspace: Workspace, *, sets: SegmentSets | None = None, now: datetime | None = None) -> dict[int, int]:
    """Count all segments, and write their sizes down as those of the day."""
    sets = sets or SegmentSets(workspace)
    with workspace.read() as session:
        segment_ids = session.scalars(select(Segment.id).order_by(Segment.id)).all()
    sizes = {segment_id: sets.count(_is_in(segment_id), now=now) for segment_id in segment_ids}
    note_sizes(workspace, sizes, now=now)
    return sizes


def _count(session: Session, ids: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(ids.subquery())) or 0


def _is_in(segment_id: int) -> Condition:
    return Condition(Subject.SEGMENT, "", Operator.ONE_OF, (str(segment_id),))


def note_sizes(workspace: Workspace, sizes: dict[int, int], *, now: datetime | None = None) -> None:
    """Write down how many contacts are in each segment today. The last count of a day stays."""
    day = ((now or utcnow()).date() - _EPOCH).days
    with workspace.write() as session:
        there = session.scalars(select(Segment.id).where(Segment.id.in_(sizes))).all()
        if not there:
            return
        rows = [{"segment_id": segment_id, "day": day, "size": sizes[segment_id]} for segment_id in there]
        adding = upsert(session, SegmentSize).values(rows)
        session.execute(
            adding.on_conflict_do_update(index_elements=["segment_id", "day"], set_={"size": adding.excluded.size})
        )


def sizes_over_time(workspace: Workspace, segment_id: int) -> tuple[tuple[date, int], ...]:
    """The size of a segment on each day on which it was counted, the oldest first."""
    query = (
        select(SegmentSize.day, SegmentSize.size).where(SegmentSize.segment_id == segment_id).order_by(SegmentSize.day)
    )
    with workspace.read() as session:
        return tuple((_EPOCH + timedelta(days=row.day), row.size) for row in session.execute(query))


def _insert(session: Session, name: str, rule: Rule) -> int:
    return _insert_row(session, Segment(name=name, rule=to_json(rule)))


def _insert_row(session: Session, row: Segment) -> int:
    with undo.recording(session, f"New segment “{row.name}”") as journal:
        session.add(row)
        session.flush()
        journal.inserted("segment", "id", [row.id])
    return row.id


def _row(session: Session, segment_id: int) -> Segment:
    row = session.get(Segment, segment_id)
    if row is None:
        raise UserFacingError("This segment is not there any more.", "Perhaps it was deleted meanwhile.")
    return row


def _checked_name(session: Session, name: str, *, except_id: int | None = None) -> str:
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not name:
        raise UserFacingError("A segment needs a name.", "Type what it shall be called.")
    if _is_taken(session, name, except_id=except_id):
        raise UserFacingError(f"There is already a segment “{name}”.", "Choose another name, or use that one.")
    return name


def _is_taken(session: Session, name: str, *, except_id: int | None = None) -> bool:
    taken = select(Segment.id).where(
        folded(Segment.name) == folded(literal(name)), Segment.id.is_distinct_from(except_id)
    )
    return session.scalar(taken.limit(1)) is not None


def _campaigns_to_be_sent(session: Session, segment_id: int) -> Sequence[tuple[str, int]]:
    begun = select(Dispatch.campaign_id).where(Dispatch.state != DispatchState.PLANNED)
    rows = session.execute(
        select(Campaign.name, Campaign.id, Campaign.audience).where(
            Campaign.deleted_at.is_(None), Campaign.id.not_in(begun)
        )
    )
    return [(row.name, row.id) for row in rows if _names(row.audience, segment_id)]


def _names(audience: dict[str, object], segment_id: int) -> bool:
    """Whether an audience, as it is stored, names the segment."""
    named = (audience.get(key) for key in ("segment_ids", "excluded_segment_ids"))
    return any(isinstance(ids, list) and segment_id in ids for ids in named)
