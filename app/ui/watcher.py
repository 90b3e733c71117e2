"""Notices what others wrote into the workspace (the agent, a command) and tells the pages which things changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.database import WorkspaceUnavailable
from app.models.tables import (
    Account,
    Attempt,
    Campaign,
    Contact,
    ContactList,
    Dispatch,
    Field,
    Organisation,
    PracticeMessage,
    Segment,
    Suppression,
    Tag,
    Template,
)
from app.models.workspace import Workspace
from app.ui import things
from app.ui.operations import Operations

logger = logging.getLogger(__name__)

_PAUSE_S = 2.0
LOOK_EVERY_S = 0.25
"""`PRAGMA data_version` reads one number of shared memory; four times a second costs no measurable power."""

TELL_EVERY_S = 1.0
"""What changes all the time, such as a campaign's counts, is told once a second: each time pages are painted anew."""


class Watcher:
    """Announces the changes of other connections through `Operations`, a few times a second at most."""

    def __init__(self, workspace: Workspace, operations: Operations) -> None:
        self._workspace = workspace
        self._operations = operations
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """End, and wait until it has."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        version: int | None = None
        seen: dict[str, object] = {}
        while True:
            current = self._workspace.database.data_version()
            if current != version:
                try:
                    now = await self._operations.read(self._fingerprints)
                except WorkspaceUnavailable as error:  # a server that is away now will be back
                    logger.warning("What others changed cannot be seen at the moment: %s", error)
                    await asyncio.sleep(_PAUSE_S)
                    continue
                changed = [thing for thing, mark in now.items() if seen and mark != seen[thing]]
                version, seen = current, now
                if changed:
                    self._operations.announce(*changed)
                    await asyncio.sleep(TELL_EVERY_S)
                    continue
            await asyncio.sleep(LOOK_EVERY_S)

    def _fingerprints(self) -> dict[str, object]:
        """For each thing something cheap that differs when the thing does."""
        with self._workspace.read() as session:
            marks: dict[str, object] = {
                things.SENDING: _dispatches(session),
                things.PRACTICE: session.execute(select(func.max(PracticeMessage.id))).one(),
                things.CONTACTS: session.execute(
                    select(select(func.max(Contact.id)).scalar_subquery(), func.max(Suppression.id))
                ).one(),
                things.ACCOUNTS: session.execute(select(Account.id, Account.problem)).all(),
            }
            return marks | (_of_colleagues(session) if self._workspace.is_shared else {})


def _dispatches(session: Session) -> object:
    """The dispatches, and the latest attempt: sending moves both, and neither takes a look at every delivery."""
    states = session.execute(select(Dispatch.id, Dispatch.state, Dispatch.wish, Dispatch.problem, Dispatch.note))
    return states.all(), session.scalar(select(func.max(Attempt.id)))


def _of_colleagues(session: Session) -> dict[str, object]:
    """What people change and no agent does, so that it matters only where there are other people. None of it is big."""
    fields = select(Field.id, Field.label, Field.position, Field.is_hidden, Field.deleted_at)
    groups = (select(ContactList.id, ContactList.name), select(Tag.id, Tag.name), select(Segment.id, Segment.name))
    return {
        things.LISTS: [session.execute(query).all() for query in (fields, *groups)],
        things.TEMPLATES: session.execute(select(Template.id, Template.updated_at, Template.deleted_at)).all(),
        things.CAMPAIGNS: session.execute(select(Campaign.id, Campaign.updated_at, Campaign.deleted_at)).all(),
        things.ORGANISATION: session.execute(
            select(Organisation.name, Organisation.postal_address, Organisation.time_zone)
        ).one(),
    }
