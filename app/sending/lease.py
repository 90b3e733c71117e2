"""Who may send: the lease of an agent on the workspace.

A file has one agent. On one computer the operating system's file lock decides, which ends with its process however that
ends. The row in the workspace tells everybody else who works, and keeps an agent on another computer off a shared file
until it expires.

A database on a server has as many agents as are started, each with a row of its own; what it has in hand bears the
number of that row (`delivery.agent_id`). An agent whose row expires is taken for dead, and the first of the others to
see it recovers what it had in hand. The server's clock decides, as the agents' clocks may differ.
"""

import os
import secrets
import socket
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.sql import end_sessions, stored_now
from app.models.tables import AgentLease
from app.models.workspace import Location, ServerLocation, Workspace, locked
from app.sending import outbox

RENEW_EVERY_S = 5.0
_VALID = timedelta(seconds=20)
_VALID_MS = 20_000
_MOST_IDS = 2**31 - 2


class AgentAtWork(UserFacingError):
    """Another agent holds the workspace."""

    def __init__(self, where: str) -> None:
        super().__init__(f"Another sending process is at work on this workspace {where}.", "It will do what is due.")


@dataclass(frozen=True)
class AgentStatus:
    """Whether an agent is at work, and where."""

    is_working: bool
    host: str = ""
    pid: int = 0


def agent_lock(location: Location) -> AbstractContextManager[None]:
    """Be the only agent of this computer on the file at *location*; on a server there may be many.

    Raises:
        AgentAtWork: there is one already.
        WorkspaceUnavailable: the folder of the workspace cannot be written.
    """
    if isinstance(location, ServerLocation):
        return nullcontext()
    return locked(Path(f"{location}.agent.lock"), or_raise=lambda: AgentAtWork("on this computer"))


class Lease:
    """This process's claim to be an agent; call `take` under `agent_lock`, then `renew` every `RENEW_EVERY_S`.

    Args:
        session_name: Where several agents share the workspace, the name of this one's connections to the server.

    Attributes:
        agent_id: The number of this agent where several share the workspace, which is never used again; None in a file.
    """

    def __init__(self, session_name: str | None = None) -> None:
        self._holder = session_name or secrets.token_hex(16)
        self._host = socket.gethostname()
        self.agent_id = None if session_name is None else secrets.randbelow(_MOST_IDS) + 2

    def take(self, session: Session) -> None:
        """Take the lease, or take it over: a holder on this computer must be dead, since the lock is ours.

        Raises:
            AgentAtWork: the workspace is a file, and an agent on another computer holds it.
        """
        if self.agent_id is not None:
            row = {"id": self.agent_id, "holder": self._holder, "host": self._host, "pid": os.getpid()}
            session.execute(insert(AgentLease).values(row | {"expires_at": stored_now() + _VALID_MS}))
            bury_the_dead(session)
            return
        there = session.get(AgentLease, 1)
        if there is not None and there.host != self._host and there.expires_at > utcnow():
            raise AgentAtWork(f"on the computer “{there.host}”")
        session.merge(self._row())

    def renew(self, session: Session) -> None:
        """Hold it a while longer.

        Raises:
            AgentAtWork: it expired, while this computer slept perhaps, and another agent took over.
        """
        if self.agent_id is not None:
            ours = (AgentLease.id == self.agent_id, AgentLease.holder == self._holder)
            renewed = session.connection().execute(
                update(AgentLease).where(*ours).values(expires_at=stored_now() + _VALID_MS)
            )
            if not renewed.rowcount:
                raise AgentAtWork("and took over while this computer slept")
            bury_the_dead(session)
            return
        there = session.get(AgentLease, 1)
        if there is not None and there.holder != self._holder:
            raise AgentAtWork(f"on the computer “{there.host}”")
        session.merge(self._row())

    def give_back(self, session: Session) -> None:
        """Let another agent begin at once."""
        if self.agent_id is not None:
            outbox.recover(session, agent_id=self.agent_id)
        session.execute(delete(AgentLease).where(AgentLease.holder == self._holder))

    def _row(self) -> AgentLease:
        return AgentLease(id=1, holder=self._holder, host=self._host, pid=os.getpid(), expires_at=utcnow() + _VALID)


def bury_the_dead(session: Session) -> int:
    """Recover what agents had in hand whose leases expired, and forget them; for a workspace on a server.

    Their connections are ended first: one that was suspended in a transaction would hold up what it has locked.

    Returns:
        How many deliveries are newly in doubt.
    """
    expired = AgentLease.expires_at < stored_now()
    for name in session.scalars(select(AgentLease.holder).where(expired)).all():
        end_sessions(session, name)
    in_doubt = 0
    for agent_id in session.scalars(select(AgentLease.id).where(expired).with_for_update(skip_locked=True)).all():
        in_doubt += outbox.recover(session, agent_id=agent_id)
        session.execute(delete(AgentLease).where(AgentLease.id == agent_id))
    return in_doubt


def agent_status(workspace: Workspace) -> AgentStatus:
    """Which agent is at work on the workspace; one of them, if there are several."""
    working = select(AgentLease).where(AgentLease.expires_at > stored_now()).order_by(AgentLease.id).limit(1)
    with workspace.read() as session:
        row = session.scalar(working)
        return AgentStatus(is_working=False) if row is None else AgentStatus(True, row.host, row.pid)
