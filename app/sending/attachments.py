"""The files of a campaign: attached for everybody, or shown in the message. Those for one person each are in
`personal_files`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.content.attachments import Attachment, content_ids_in, media_type_of
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.tables import Attachment as AttachmentRow
from app.models.tables import Campaign, Template
from app.models.workspace import Workspace
from app.sending.campaign_records import editable

MB = 1_000_000
MOST_BYTES = 20 * MB
"""What the files of one message may come to. Gmail takes 25 MB of mail, and files grow by 37 % in it."""
MANY_BYTES = 10 * MB
"""From here on it is worth a warning: many mailboxes refuse mail of more than 10 to 15 MB."""
GROWTH = 1.37
"""How much bigger a file is in a mail: base64, and the ends of its lines (RFC 2045, §6.8)."""
_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """A file of a campaign without what is in it.

    Attributes:
        size: In bytes, as it lies on the disk.
        content_id: What the message shows it by; empty for a file that is attached.
        is_personal: It goes only to those whose field names it.
    """

    id: int
    name: str
    media_type: str
    size: int
    content_id: str = ""
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class RemovedFile:
    """A file that was taken out of a campaign, to be put back by `restore_files`."""

    campaign_id: int
    file: Attachment
    is_personal: bool


def list_files(workspace: Workspace, campaign_id: int) -> tuple[CampaignFile, ...]:
    """The files of a campaign, the personal ones last, in the order in which they were added."""
    with workspace.read() as session:
        return files_of(session, campaign_id)


def picture_data(workspace: Workspace, file_id: int) -> bytes:
    """What is in a file."""
    with workspace.read() as session:
        return session.get_one(AttachmentRow, file_id).data


def add_files(workspace: Workspace, campaign_id: int, paths: Iterable[Path]) -> tuple[CampaignFile, ...]:
    """Add files from the disk to a draft, for everybody. All are added, or none.

    A picture that the message asks for by its name (`cid:logo` asks for “logo.png” as well) is shown in it; everything
    else is attached.

    Returns:
        All files of the campaign.

    Raises:
        UserFacingError: one cannot be read or attached, has the name of another, or they are too big together; or the
            campaign is on its way.
    """
    found = [read_file(path) for path in paths]
    with workspace.write() as session:
        campaign = editable(session, campaign_id)
        asked = _pictures_asked_for(session, campaign)
        for file in found:
            _add(session, campaign, file, content_id=_content_id_of(file, asked))
        campaign.updated_at = utcnow()
        return _checked_sum(session, campaign_id)


def add_file(workspace: Workspace, campaign_id: int, name: str, data: bytes, *, content_id: str = "") -> int:
    """Add one file for everybody to a draft, and return its id; *content_id* is what the message shows it by.

    Raises:
        UserFacingError: as `add_files`.
    """
    with workspace.write() as session:
        campaign = editable(session, campaign_id)
        file = Attachment(name, media_type_of(name), data, content_id)
        file_id = _add(session, campaign, file, content_id=content_id)
        campaign.updated_at = utcnow()
        _checked_sum(session, campaign_id)
        return file_id


def remove_files(workspace: Workspace, campaign_id: int, file_ids: Sequence[int]) -> tuple[RemovedFile, ...]:
    """Take files out of a draft; `restore_files` puts back what this returns.

    Raises:
        UserFacingError: the campaign is on its way.
    """
    with workspace.write() as session:
        editable(session, campaign_id).updated_at = utcnow()
        chosen = (AttachmentRow.campaign_id == campaign_id, AttachmentRow.id.in_(file_ids))
        rows = session.scalars(select(AttachmentRow).where(*chosen).order_by(AttachmentRow.id)).all()
        removed = tuple(
            RemovedFile(
                campaign_id, Attachment(row.name, row.media_type, row.data, row.content_id), is_personal=row.is_personal
            )
            for row in rows
        )
        session.execute(delete(AttachmentRow).where(*chosen))
        return removed


def restore_files(workspace: Workspace, removed: Iterable[RemovedFile]) -> None:
    """Put back what `remove_files` took out.

    Raises:
        UserFacingError: the campaign is on its way, or another file has the name now.
    """
    with workspace.write() as session:
        for one in removed:
            campaign = editable(session, one.campaign_id)
            _add(session, campaign, one.file, content_id=one.file.content_id, is_personal=one.is_personal)


def common_bytes(files: Iterable[CampaignFile]) -> int:
    """What the files that everybody gets come to."""
    return sum(file.size for file in files if not file.is_personal)


def files_of(session: Session, campaign_id: int) -> tuple[CampaignFile, ...]:
    """`list_files` within a transaction of the caller's."""
    rows = session.execute(
        select(
            AttachmentRow.id,
            AttachmentRow.name,
            AttachmentRow.media_type,
            func.length(AttachmentRow.data),
            AttachmentRow.content_id,
            AttachmentRow.is_personal,
        )
        .where(AttachmentRow.campaign_id == campaign_id)
        .order_by(AttachmentRow.is_personal, AttachmentRow.id)
    )
    return tuple(CampaignFile(*row) for row in rows)


def _checked_sum(session: Session, campaign_id: int) -> tuple[CampaignFile, ...]:
    files = files_of(session, campaign_id)
    refuse_if_too_big(common_bytes(files))
    return files


def refuse_if_too_big(size: int) -> None:
    """Refuse files of one message that come to *size* bytes, if no mailbox takes so much.

    Raises:
        UserFacingError: it is too much.
    """
    if size > MOST_BYTES:
        raise UserFacingError(
            f"The files of one message come to {size / MB:.1f} MB, more than mailboxes take ({MOST_BYTES // MB} MB).",
            "Make them smaller, or put them on your website and write a link.",
        )


def read_file(path: Path) -> Attachment:
    """A file on the disk as an attachment.

    Raises:
        UserFacingError: it cannot be read or attached, or is too big for any mail.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserFacingError(
                f"“{path.name}” has {size / MB:.1f} MB; more than {MOST_BYTES // MB} MB does not fit into a mail.",
                "Make it smaller, or put it on your website and write a link.",
            )
        return Attachment(path.name, media_type_of(path.name), path.read_bytes())
    except OSError as error:
        raise UserFacingError(
            f"“{path.name}” cannot be read.", "Check that it is a file and that you may open it.", detail=str(error)
        ) from error


def _add(
    session: Session, campaign: Campaign, file: Attachment, *, content_id: str = "", is_personal: bool = False
) -> int:
    same = select(AttachmentRow.name).where(
        AttachmentRow.campaign_id == campaign.id, AttachmentRow.is_personal == is_personal
    )
    if file.name.casefold() in {name.casefold() for name in session.scalars(same)}:
        raise UserFacingError(f"There is a file “{file.name}” already.", "Remove it first, or rename the new one.")
    row = AttachmentRow(
        campaign_id=campaign.id,
        name=file.name,
        media_type=file.media_type,
        content_id=content_id,
        is_personal=is_personal,
        data=file.data,
    )
    session.add(row)
    session.flush()
    return row.id


def _pictures_asked_for(session: Session, campaign: Campaign) -> frozenset[str]:
    template = session.get(Template, campaign.template_id) if campaign.template_id is not None else None
    return content_ids_in(template.mjml) if template is not None else frozenset()


def _content_id_of(file: Attachment, asked: frozenset[str]) -> str:
    """What the message asks for *file* by, if it is a picture and it does."""
    if not file.media_type.startswith("image/"):
        return ""
    by_lower = {name.lower(): name for name in asked}
    for name in (file.name, Path(file.name).stem):
        if (found := by_lower.get(_UNFIT.sub("-", name).lower())) is not None:
            return found
    return ""
