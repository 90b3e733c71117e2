"""Which contacts are on show: everybody, those with a status, a list, a tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.audience import contacts, lists
from app.audience.contacts import ContactQuery, Counts, MailStatus
from app.audience.lists import ListInfo, TagInfo
from app.models.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the rail. All None: everybody."""

    is_mailable: bool | None = None
    status: MailStatus | None = None
    list_id: int | None = None
    tag_id: int | None = None

    @property
    def is_everybody(self) -> bool:
        return self == EVERYBODY

    def apply(self, query: ContactQuery) -> ContactQuery:
        """*query* for these contacts instead of those it was for."""
        return replace(
            query, is_mailable=self.is_mailable, status=self.status, list_id=self.list_id, tag_id=self.tag_id
        )


EVERYBODY = Choice()
MAILABLE = Choice(is_mailable=True)
NOT_MAILABLE = Choice(is_mailable=False)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything that is counted on the page."""

    statuses: Mapping[MailStatus, int] = field(default_factory=dict)
    lists: Sequence[ListInfo] = ()
    tags: Sequence[TagInfo] = ()

    @property
    def counts(self) -> Counts:
        return Counts(sum(self.statuses.values()), self.statuses.get(MailStatus.MAILABLE, 0))

    def name_of(self, choice: Choice) -> str:
        """The name of the list or tag; empty for anything else, and for one that is gone."""
        groups, wanted = (self.lists, choice.list_id) if choice.list_id is not None else (self.tags, choice.tag_id)
        return next((group.name for group in groups if group.id == wanted), "")

    def has(self, choice: Choice) -> bool:
        """Whether *choice* can be made: its list or tag is still there."""
        return (choice.list_id is None and choice.tag_id is None) or bool(self.name_of(choice))


def read_numbers(workspace: Workspace) -> Numbers:
    return Numbers(contacts.count_by_status(workspace), lists.all_lists(workspace), lists.all_tags(workspace))
