"""What a customer management gives: its fields, and its contacts that changed, page by page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.audience.statuses import Standing


@dataclass(frozen=True, slots=True)
class RemoteField:
    """A field that contacts have there: its name in the API, and its label for people."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class RemoteContact:
    """A contact as it is there.

    Attributes:
        external_id: Its id there, which stays when the address changes.
        cells: What the fields hold that were asked for, as text, by name; empty ones are left out.
        standing: Whether the person may be mailed, as far as it is known there.
        is_gone: It was deleted there.
    """

    external_id: str
    address: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    standing: Standing = Standing.MAY_BE_MAILED
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class RemotePage:
    """Contacts that were read together. Given again, `cursor` continues after them; empty, nothing does yet."""

    contacts: tuple[RemoteContact, ...]
    cursor: str


class Remote(Protocol):
    """A connection to one account of a customer management. All it does waits for the network.

    Every method raises `RemoteTrouble` where it cannot go on.
    """

    def whose(self) -> str:
        """Whose account it is, in words for the user; also proves that the token is good."""

    def fields(self) -> tuple[RemoteField, ...]:
        """The fields that its contacts have, by label."""

    def changes(self, cursor: str, names: Sequence[str]) -> Iterator[RemotePage]:
        """The contacts that changed since *cursor* (all of them, if it is empty) with their fields *names*.

        Nothing that changed is left out; what changed close to the cursor may come twice.
        """
