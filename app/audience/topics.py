"""What a person wants mail about. Subscribing and leaving are evidence of consent, see `app.audience.consent`."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from app.audience import undo
from app.audience.consent import record_consent
from app.errors import UserFacingError
from app.models.base import now_ms
from app.models.contacts import Subscription, Topic
from app.models.sql import folded, serialise
from app.models.states import ConsentAction, LawfulBasis
from app.models.workspace import Workspace

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic, what it says to those who may choose it, and how many are subscribed."""

    id: int
    name: str
    description: str
    size: int


def all_topics(workspace: Workspace) -> tuple[TopicInfo, ...]:
    """All topics by name, with how many are subscribed."""
    sizes = (
        select(Subscription.topic_id, func.count().label("size"))
        .where(Subscription.is_subscribed)
        .group_by(Subscription.topic_id)
        .subquery()
    )
    query = (
        select(Topic.id, Topic.name, Topic.description, func.coalesce(sizes.c.size, 0))
        .join(sizes, sizes.c.topic_id == Topic.id, isouter=True)
        .where(Topic.deleted_at.is_(None))
        .order_by(folded(Topic.name), Topic.id)
    )
    with workspace.read() as session:
        return tuple(TopicInfo(*row) for row in session.execute(query))


def create_topic(workspace: Workspace, name: str, description: str = "") -> int:
    """Make a topic and return its id. One of that name that was deleted comes back, with its subscribers.

    Raises:
        UserFacingError: the name is empty or taken.
    """
    with workspace.write() as session:
        serialise(session, "topic")
        name = _tidy(name)
        there = _called(session, name)
        if there is not None and there.deleted_at is None:
            raise _taken(name)
        with undo.recording(session, f"New topic “{name}”") as journal:
            if there is not None:
                journal.update("topic", [there.id], name=name, description=description, deleted_at=None)
                return there.id
            row = Topic(name=name, description=description)
            session.add(row)
            session.flush()
            journal.inserted("topic", "id", [row.id])
            return row.id


def change_topic(workspace: Workspace, topic_id: int, name: str, description: str) -> None:
    """Give a topic another name or description.

    Raises:
        UserFacingError: the name is empty or taken, or the topic gone.
    """
    with workspace.write() as session:
        serialise(session, "topic")
        old = _name_of(session, topic_id)
        name = _tidy(name)
        there = _called(session, name)
        if there is not None and there.id != topic_id:
            raise _taken(name)
        with undo.recording(session, f"Change topic “{old}”") as journal:
            journal.update("topic", [topic_id], name=name, description=description)


def delete_topic(workspace: Workspace, topic_id: int) -> None:
    """Offer a topic no more. The evidence that names it stays, and who is subscribed is remembered.

    Raises:
        UserFacingError: the topic is gone.
    """
    with workspace.write() as session:
        name = _name_of(session, topic_id)
        with undo.recording(session, f"Delete topic “{name}”") as journal:
            journal.update("topic", [topic_id], deleted_at=now_ms())


def subscribe(
    workspace: Workspace, topic_id: int, ids: Sequence[int], *, basis: LawfulBasis, source: str, wording: str = ""
) -> int:
    """Record that the contacts *ids* want mail about a topic, and return for how many it was recorded.

    Who has withdrawn is left out, unless they consent anew.

    Raises:
        UserFacingError: the topic is gone.
    """
    with workspace.write() as session:
        _name_of(session, topic_id)
        return record_consent(
            session, ids, ConsentAction.GIVEN, basis=basis, source=source, wording=wording, topic_id=topic_id
        )


def unsubscribe(workspace: Workspace, topic_id: int, ids: Sequence[int], *, source: str) -> int:
    """Record that the contacts *ids* want no more mail about a topic; about others they may still be mailed.

    Returns:
        For how many it was recorded.

    Raises:
        UserFacingError: the topic is gone.
    """
    with workspace.write() as session:
        _name_of(session, topic_id)
        return record_consent(session, ids, ConsentAction.WITHDRAWN, source=source, topic_id=topic_id)


def topics_of(workspace: Workspace, contact_id: int) -> dict[int, bool]:
    """Which topics a contact decided on: the topic's id, and whether they want mail about it."""
    chosen = (
        select(Subscription.topic_id, Subscription.is_subscribed)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.contact_id == contact_id, Topic.deleted_at.is_(None))
    )
    with workspace.read() as session:
        return {topic_id: is_subscribed for topic_id, is_subscribed in session.execute(chosen)}  # noqa: C416


def _called(session: Session, name: str) -> Topic | None:
    return session.scalar(select(Topic).where(folded(Topic.name) == folded(literal(name))))


def _name_of(session: Session, topic_id: int) -> str:
    name = session.scalar(select(Topic.name).where(Topic.id == topic_id, Topic.deleted_at.is_(None)))
    if name is None:
        raise UserFacingError("This topic is not there any more.", "Perhaps it was deleted meanwhile.")
    return name


def _tidy(name: str) -> str:
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not name:
        raise UserFacingError("A topic needs a name.", "Type what the mail is about.")
    return name


def _taken(name: str) -> UserFacingError:
    return UserFacingError(f"There is already a topic “{name}”.", "Choose another name, or use that one.")
