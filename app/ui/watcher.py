"""Notices what others wrote into the workspace (the agent, a command) and tells the pages which things changed."""

from __future__ import annotations

import asyncio
import contextlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.tables import Account, Attempt, Contact, Dispatch, PracticeMessage, Suppression
from app.models.workspace import Workspace
from app.ui import things
from app.ui.operations import Operations

LOOK_EVERY_S = 0.25
"""`PRAGMA data_version` reads one number of shared memory; four times a second costs no measurable power."""


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
        version = self._workspace.database.data_version()
        seen = await self._operations.read(self._fingerprints)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            current = self._workspace.database.data_version()
            if current == version:
                continue
            version = current
            now = await self._operations.read(self._fingerprints)
            changed = [thing for thing, mark in now.items() if mark != seen[thing]]
            seen = now
            if changed:
                self._operations.announce(*changed)

    def _fingerprints(self) -> dict[str, object]:
        """For each thing something cheap that differs when the thing does."""
        with self._workspace.read() as session:
            return {
                things.SENDING: _dispatches(session),
                things.PRACTICE: session.execute(select(func.max(PracticeMessage.id))).one(),
                things.CONTACTS: session.execute(
                    select(select(func.max(Contact.id)).scalar_subquery(), func.max(Suppression.id))
                ).one(),
                things.ACCOUNTS: session.execute(select(Account.id, Account.problem)).all(),
            }


def _dispatches(session: Session) -> object:
    """The dispatches, and the latest attempt: sending moves both, and neither takes a look at every delivery."""
    states = session.execute(select(Dispatch.id, Dispatch.state, Dispatch.wish, Dispatch.problem, Dispatch.note))
    return states.all(), session.scalar(select(func.max(Attempt.id)))
