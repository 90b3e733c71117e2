"""One agent per workspace: the lease that says who it is.

On one computer the operating system's file lock decides, which ends with its process however that ends. The row in the
workspace tells everybody else who works, and keeps an agent on another computer off a shared file until it expires.
"""

import os
import secrets
import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.tables import AgentLease
from app.models.workspace import Workspace, locked

RENEW_EVERY_S = 5.0
_VALID = timedelta(seconds=20)


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


def agent_lock(workspace_path: Path) -> AbstractContextManager[None]:
    """Be the only agent of this computer on the workspace.

    Raises:
        AgentAtWork: there is one already.
        WorkspaceUnavailable: the folder of the workspace cannot be written.
    """
    return locked(Path(f"{workspace_path}.agent.lock"), or_raise=lambda: AgentAtWork("on this computer"))


class Lease:
    """This process's claim to be the agent; call `take` under `agent_lock`, then `renew` every `RENEW_EVERY_S`."""

    def __init__(self) -> None:
        self._holder = secrets.token_hex(16)
        self._host = socket.gethostname()

    def take(self, session: Session) -> None:
        """Take the lease, or take it over: a holder on this computer must be dead, since the lock is ours.

        Raises:
            AgentAtWork: an agent on another computer holds it.
        """
        row = session.get(AgentLease, 1)
        if row is not None and row.host != self._host and row.expires_at > utcnow():
            raise AgentAtWork(f"on the computer “{row.host}”")
        session.merge(self._row())

    def renew(self, session: Session) -> None:
        """Hold it a while longer.

        Raises:
            AgentAtWork: it expired, while this computer slept perhaps, and another agent took it.
        """
        row = session.get(AgentLease, 1)
        if row is not None and row.holder != self._holder:
            raise AgentAtWork(f"on the computer “{row.host}”")
        session.merge(self._row())

    def give_back(self, session: Session) -> None:
        """Let another agent begin at once."""
        session.execute(delete(AgentLease).where(AgentLease.holder == self._holder))

    def _row(self) -> AgentLease:
        return AgentLease(id=1, holder=self._holder, host=self._host, pid=os.getpid(), expires_at=utcnow() + _VALID)


def agent_status(workspace: Workspace) -> AgentStatus:
    """Which agent is at work on the workspace."""
    with workspace.read() as session:
        row = session.get(AgentLease, 1)
        if row is None or row.expires_at <= utcnow():
            return AgentStatus(is_working=False)
        return AgentStatus(is_working=True, host=row.host, pid=row.pid)
