"""The inbox of the practice account: what its server accepted, kept in the workspace."""

import email.parser
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.group_writer import GroupWriter
from app.models.sql import mentions
from app.models.tables import PracticeMessage
from app.models.workspace import Workspace
from app.sending.practice import PracticeMail

KEPT = 20_000
_TRIM_EVERY = 500
_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True)
class PracticeEntry:
    """A line of the inbox."""

    id: int
    received_at: datetime
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True)
class PracticeLetter:
    """A message of the inbox, opened."""

    entry: PracticeEntry
    html: str
    text: str
    source: bytes


class PracticeInbox:
    """Where the practice server puts what it accepts."""

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer
        self._since_trim = 0

    async def accept(self, mail: PracticeMail) -> None:
        """Store *mail*; it is on disk when this returns."""
        row = {
            "received_at": mail.received_at,
            "sender": mail.sender,
            "recipient": mail.recipient.lower(),
            "subject": _subject(mail.content),
            "content": mail.content,
        }
        await self._writer.write(lambda session: session.add(PracticeMessage(**row)))
        self._since_trim += 1
        if self._since_trim >= _TRIM_EVERY:
            self._since_trim = 0
            await self._writer.write(_trim)


def list_practice(workspace: Workspace, *, search: str = "", limit: int = 500) -> tuple[PracticeEntry, ...]:
    """The newest *limit* messages whose recipient or subject contains *search*, newest first."""
    query = select(PracticeMessage).order_by(PracticeMessage.id.desc()).limit(limit)
    if search.strip():
        pattern = search.strip()
        query = query.where(
            or_(
                mentions(PracticeMessage.recipient, pattern),
                mentions(PracticeMessage.subject, pattern),
            )
        )
    with workspace.read() as session:
        columns = (
            PracticeMessage.id,
            PracticeMessage.received_at,
            PracticeMessage.sender,
            PracticeMessage.recipient,
            PracticeMessage.subject,
        )
        return tuple(PracticeEntry(*row) for row in session.execute(query.with_only_columns(*columns)))


def count_practice(workspace: Workspace) -> int:
    """How many messages lie in the inbox."""
    with workspace.read() as session:
        return session.scalar(select(func.count()).select_from(PracticeMessage)) or 0


def open_practice(workspace: Workspace, message_id: int) -> PracticeLetter:
    """One message, decoded as a mail program would.

    Raises:
        UserFacingError: it was cleared away.
    """
    with workspace.read() as session:
        row = session.get(PracticeMessage, message_id)
        if row is None:
            raise UserFacingError("This message is no longer in the practice inbox.")
        entry = PracticeEntry(row.id, row.received_at, row.sender, row.recipient, row.subject)
        source = row.content
    message = email.parser.BytesParser(policy=email.policy.default).parsebytes(source)
    return PracticeLetter(entry, html=_part(message, "html"), text=_part(message, "plain"), source=source)


def clear_practice(workspace: Workspace) -> int:
    """Throw all messages away, and return how many there were."""
    with workspace.write() as session:
        count = session.scalar(select(func.count()).select_from(PracticeMessage)) or 0
        session.execute(delete(PracticeMessage))
        return count


def _trim(session: Session) -> None:
    oldest_kept = session.scalar(select(PracticeMessage.id).order_by(PracticeMessage.id.desc()).offset(KEPT).limit(1))
    if oldest_kept is not None:
        session.execute(delete(PracticeMessage).where(PracticeMessage.id <= oldest_kept))


def _subject(content: bytes) -> str:
    header, _, _ = content[:_HEADER_BYTES].partition(b"\r\n\r\n")
    return str(email.parser.BytesHeaderParser(policy=email.policy.default).parsebytes(header).get("Subject", ""))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
