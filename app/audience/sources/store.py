"""The sources of a workspace: which there are, what opens them, and what goes where."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audience.groups import LISTS
from app.audience.sources import hubspot, salesforce
from app.audience.sources.api import Api
from app.audience.sources.remote import Remote
from app.errors import UserFacingError
from app.models.accounts import Secret
from app.models.list_care import ContactSource
from app.models.sql import folded
from app.models.states import ContactSourceKind, LawfulBasis
from app.models.workspace import Workspace

NAMES = {ContactSourceKind.HUBSPOT: "HubSpot", ContactSourceKind.SALESFORCE: "Salesforce"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens a source. `repr` tells nothing.

    Attributes:
        secret: The access token at HubSpot, the consumer secret at Salesforce.
        client_id: The consumer key at Salesforce.
        url: Where the source is, if not everybody's is at the same place.
    """

    secret: str = field(repr=False)
    client_id: str = field(default="", repr=False)
    url: str = ""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What is carried over.

    Attributes:
        targets: The key of the field here, by the name of the field there.
        basis: The ground on which the people may be mailed; None leaves them without permission.
    """

    targets: Mapping[str, str]
    basis: LawfulBasis | None = None

    def to_json(self) -> dict[str, object]:
        """The stored form."""
        return {"targets": dict(self.targets), "basis": self.basis.value if self.basis else None}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "SourceSettings":
        """What `to_json` gave."""
        match stored:
            case {"targets": dict(targets), "basis": str(basis)}:
                return cls(targets, LawfulBasis(basis))
            case {"targets": dict(targets)}:
                return cls(targets)
        return cls({})


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source, when it was last read, and in words why that failed, if it did."""

    id: int
    kind: ContactSourceKind
    name: str
    settings: SourceSettings
    list_id: int | None
    read_at: datetime | None
    problem: str


@contextmanager
def connected(kind: ContactSourceKind, credentials: Credentials) -> Iterator[Remote]:
    """A connection to a source; whether it is let in shows at the first question."""
    if kind is ContactSourceKind.HUBSPOT:
        with Api(credentials.url or hubspot.URL, NAMES[kind]) as api:
            yield hubspot.HubSpot(api, credentials.secret)
        return
    with Api(credentials.url, NAMES[kind]) as api:
        yield salesforce.Salesforce(api, credentials.client_id, credentials.secret)


def all_sources(workspace: Workspace) -> tuple[SourceInfo, ...]:
    """All sources by name."""
    with workspace.read() as session:
        return tuple(map(_info, session.scalars(select(ContactSource).order_by(folded(ContactSource.name)))))


def add_source(
    workspace: Workspace,
    kind: ContactSourceKind,
    name: str,
    credentials: Credentials,
    settings: SourceSettings,
    *,
    list_name: str = "",
) -> int:
    """Remember a source and return its id; it is read for the first time by `app.audience.sources.reading`.

    Args:
        name: Whose it is, see `Remote.whose`.
        list_name: The list its people go into, made if there is none of that name; empty for none.
    """
    with workspace.write() as session:
        secret = Secret(sealed=_sealed(workspace, credentials))
        session.add(secret)
        session.flush()
        row = ContactSource(
            kind=kind,
            name=name,
            settings=settings.to_json(),
            secret_id=secret.id,
            list_id=LISTS.called(session, list_name) if list_name.strip() else None,
        )
        session.add(row)
        session.flush()
        return row.id


def change_source(workspace: Workspace, source_id: int, settings: SourceSettings) -> None:
    """Carry over something else from now on; all contacts are read again next time.

    Raises:
        UserFacingError: the source is gone.
    """
    with workspace.write() as session:
        row = _row(session, source_id)
        row.settings, row.cursor = settings.to_json(), ""


def renew_credentials(workspace: Workspace, source_id: int, credentials: Credentials) -> None:
    """Open a source with another key from now on.

    Raises:
        UserFacingError: the source is gone.
    """
    with workspace.write() as session:
        row = _row(session, source_id)
        sealed = _sealed(workspace, credentials)
        secret = session.get(Secret, row.secret_id) if row.secret_id is not None else None
        if secret is not None:
            secret.sealed = sealed
        else:
            secret = Secret(sealed=sealed)
            session.add(secret)
            session.flush()
            row.secret_id = secret.id
        row.problem = ""


def remove_source(workspace: Workspace, source_id: int) -> None:
    """Read a source no more and forget its key. The contacts that came from it stay.

    Raises:
        UserFacingError: the source is gone.
    """
    with workspace.write() as session:
        row = _row(session, source_id)
        secret_id = row.secret_id
        session.delete(row)
        session.flush()
        session.execute(delete(Secret).where(Secret.id == secret_id))


def read_source(workspace: Workspace, source_id: int) -> tuple[SourceInfo, Credentials, str]:
    """A source, what opens it, and how far it was read.

    Raises:
        UserFacingError: the source is gone, or its key cannot be unsealed.
    """
    with workspace.read() as session:
        row = _row(session, source_id)
        secret = session.get(Secret, row.secret_id) if row.secret_id is not None else None
        if secret is None:
            raise UserFacingError(f"The key of {row.name} is not there any more.", "Type it in again.")
        return _info(row), Credentials(**json.loads(workspace.key.unseal(secret.sealed))), row.cursor


def _info(row: ContactSource) -> SourceInfo:
    settings = SourceSettings.from_json(row.settings)
    return SourceInfo(row.id, row.kind, row.name, settings, row.list_id, row.read_at, row.problem)


def _row(session: Session, source_id: int) -> ContactSource:
    row = session.get(ContactSource, source_id)
    if row is None:
        raise UserFacingError("This connection is not there any more.", "Perhaps it was removed meanwhile.")
    return row


def _sealed(workspace: Workspace, credentials: Credentials) -> bytes:
    opened = {"secret": credentials.secret, "client_id": credentials.client_id, "url": credentials.url}
    return workspace.key.seal(json.dumps(opened))
