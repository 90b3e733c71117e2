"""What lists and tags have in common: named groups of contacts that the user fills by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Select, exists, func, literal, select, type_coerce
from sqlalchemy.orm import Session

from app.audience import undo
from app.audience.status import MailStatus, contact_and_block, mail_status
from app.errors import UserFacingError
from app.models.base import now_ms
from app.models.campaigns import Campaign, Dispatch
from app.models.contacts import Contact, ContactList, ContactTag, Membership, Tag
from app.models.sql import any_of, folded, serialise, upsert
from app.models.states import DispatchState
from app.models.workspace import Workspace


@dataclass(frozen=True)
class GroupInfo:
    """A list or a tag, how many contacts are in it, and how many of them can be mailed."""

    id: int
    name: str
    size: int
    mailable: int


class Groups:
    """All lists, or all tags: the two differ in their tables and in the word for them.

    Every method that takes a workspace is one action of the user's, which `undo` takes back.
    """

    def __init__(
        self, word: str, group: type[ContactList | Tag], link: type[Membership | ContactTag], *, longest_name: int
    ) -> None:
        self._word = word
        # As `Audience` is stored.
        self._left_out = f"excluded_{word}_ids"
        self._longest_name = longest_name
        self._group = group
        self._group_table = group.__tablename__
        self._link = link
        # The key comes first; a membership knows since when it is one, a tag does not.
        self._group_id, self._contact_id, *self._dates = link.__table__.c
        self.columns = tuple(column.name for column in link.__table__.c)
        """Of the table that says who is in which group."""
        self.link_table = link.__tablename__

    def all(self, workspace: Workspace) -> tuple[GroupInfo, ...]:
        """All groups by name, with their sizes."""
        is_mailable = mail_status == MailStatus.MAILABLE.value
        numbers = (
            select(self._group_id, func.count().label("size"), func.count().filter(is_mailable).label("mailable"))
            .select_from(contact_and_block.join(self._link, self._contact_id == Contact.id))
            .group_by(self._group_id)
            .subquery()
        )
        query = (
            select(
                self._group.id,
                self._group.name,
                func.coalesce(numbers.c.size, 0),
                func.coalesce(numbers.c.mailable, 0),
            )
            .join(numbers, numbers.c[self._group_id.name] == self._group.id, isouter=True)
            .order_by(folded(self._group.name), self._group.id)
        )
        with workspace.read() as session:
            return tuple(GroupInfo(*row) for row in session.execute(query))

    def create(self, workspace: Workspace, name: str) -> int:
        """Make an empty group and return its id; raises UserFacingError if the name is empty or taken."""
        with workspace.write() as session:
            serialise(session, self._word)
            name = self._checked_name(session, name)
            with undo.recording(session, f"New {self._word} “{name}”") as journal:
                group_id = self._insert(session, name)
                journal.inserted(self._group_table, "id", [group_id])
            return group_id

    def rename(self, workspace: Workspace, group_id: int, name: str) -> None:
        """Call a group *name*; raises UserFacingError if the name is empty or taken, or the group gone."""
        with workspace.write() as session:
            serialise(session, self._word)
            old = self._name_of(session, group_id)
            name = self._checked_name(session, name, except_id=group_id)
            with undo.recording(session, f"Rename {self._word} “{old}”") as journal:
                journal.update(self._group_table, [group_id], name=name)

    def delete(self, workspace: Workspace, group_id: int) -> None:
        """Delete a group, not its contacts.

        Raises:
            UserFacingError: it is gone, or a campaign still to be sent leaves it out and would then mail its contacts.
        """
        with workspace.write() as session:
            name = self._name_of(session, group_id)
            if campaign := self._campaign_leaving_out(session, group_id):
                raise UserFacingError(
                    f"The campaign “{campaign}” leaves out the {self._word} “{name}”, and would mail its contacts.",
                    "Choose other recipients for that campaign, or delete it first.",
                )
            with undo.recording(session, f"Delete {self._word} “{name}”") as journal:
                journal.delete(self._group_table, [group_id])

    def add(self, workspace: Workspace, group_id: int, contact_ids: Sequence[int]) -> int:
        """Put contacts in and return how many were not; raises UserFacingError if the group is gone."""
        with workspace.write() as session:
            name = self._name_of(session, group_id)
            members = select(self._contact_id).where(self._group_id == group_id)
            newcomers = session.scalars(
                select(Contact.id).where(Contact.id.in_(any_of(contact_ids)), Contact.id.not_in(members))
            ).all()
            rest = (now_ms(),) * len(self._dates)
            with undo.recording(session, f"Add {people(len(newcomers))} to {self._word} “{name}”") as journal:
                journal.insert(
                    self.link_table, self.columns, [(group_id, contact_id, *rest) for contact_id in newcomers]
                )
            return len(newcomers)

    def remove(self, workspace: Workspace, group_id: int, contact_ids: Sequence[int]) -> int:
        """Take contacts out and return how many were in; raises UserFacingError if the group is gone."""
        with workspace.write() as session:
            name = self._name_of(session, group_id)
            stored = (type_coerce(date, BigInteger) for date in self._dates)
            leavers = session.execute(
                select(self._group_id, self._contact_id, *stored).where(
                    self._group_id == group_id, self._contact_id.in_(any_of(contact_ids))
                )
            )
            rows = [tuple(row) for row in leavers]
            with undo.recording(session, f"Remove {people(len(rows))} from {self._word} “{name}”") as journal:
                journal.delete_links(self.link_table, self.columns, rows)
            return len(rows)

    def called(self, session: Session, name: str) -> int:
        """The id of the group *name*, which is made if there is none."""
        return self.found_or_made(session, name)[0]

    def found_or_made(self, session: Session, name: str) -> tuple[int, bool]:
        """As `called`, with whether it was made."""
        serialise(session, self._word)
        name = self._tidy(name)
        found = session.scalar(select(self._group.id).where(self._is_called(name)))
        return (self._insert(session, name), True) if found is None else (found, False)

    def check_there(self, session: Session, group_id: int) -> None:
        """Raise UserFacingError if the group is gone."""
        self._name_of(session, group_id)

    def fill(self, session: Session, group_id: int, contacts: Select[int]) -> None:
        """Put all of *contacts* in without a record for `undo`, as part of a greater whole.

        Raises:
            UserFacingError: the group is gone.
        """
        self._name_of(session, group_id)
        values: list[ColumnElement[int]] = [literal(group_id), Contact.id.expression]
        values += [literal(now_ms()) for _ in self._dates]
        rows = select(*values).where(Contact.id.in_(contacts))
        session.execute(upsert(session, self._link).from_select(self.columns, rows).on_conflict_do_nothing())

    def _campaign_leaving_out(self, session: Session, group_id: int) -> str | None:
        begun = exists().where(Dispatch.campaign_id == Campaign.id, Dispatch.state != DispatchState.PLANNED)
        to_be_sent = select(Campaign.name, Campaign.audience).where(Campaign.deleted_at.is_(None), ~begun)
        for name, audience in session.execute(to_be_sent):
            left_out = audience.get(self._left_out)
            if isinstance(left_out, list) and group_id in left_out:
                return name
        return None

    def _insert(self, session: Session, name: str) -> int:
        row = self._group(name=name)
        session.add(row)
        session.flush()
        return row.id

    def _name_of(self, session: Session, group_id: int) -> str:
        name = session.scalar(select(self._group.name).where(self._group.id == group_id))
        if name is None:
            raise UserFacingError(f"This {self._word} is not there any more.", "Perhaps it was deleted meanwhile.")
        return name

    def _checked_name(self, session: Session, name: str, *, except_id: int | None = None) -> str:
        name = self._tidy(name)
        taken = select(self._group.id).where(self._is_called(name), self._group.id.is_distinct_from(except_id))
        if session.scalar(taken.limit(1)) is not None:
            raise UserFacingError(f"There is already a {self._word} “{name}”.", "Choose another name, or use that one.")
        return name

    def _tidy(self, name: str) -> str:
        name = " ".join(name.split())[: self._longest_name]
        if not name:
            raise UserFacingError(f"A {self._word} needs a name.", "Type what it shall be called.")
        return name

    def _is_called(self, name: str) -> ColumnElement[bool]:
        return folded(self._group.name) == folded(literal(name))


def people(number: int) -> str:
    """*number* contacts in words: "1 contact", "2,300 contacts"."""
    return "1 contact" if number == 1 else f"{number:,} contacts"


LISTS = Groups("list", ContactList, Membership, longest_name=200)
TAGS = Groups("tag", Tag, ContactTag, longest_name=100)
