"""Files that go to one person each: a field of the contacts names them, a folder holds them."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Select, Text, cast, delete, insert, select
from sqlalchemy.orm import Session

from app.audience.audience import Audience, select_contacts
from app.audience.fields import column_of, find_field
from app.audience.status import contact_and_block, skip_reason
from app.errors import Cancelled, UserFacingError
from app.models.base import utcnow
from app.models.tables import Attachment as AttachmentRow
from app.models.tables import Campaign, Contact
from app.models.workspace import Workspace
from app.sending.attachments import MB, files_of, read_file
from app.sending.campaign_records import editable

MOST_PERSONAL_BYTES = 200 * MB
"""What all personal files of a campaign may come to; they are held ready while it is sent."""
_MOST_NAMES = 200
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class PersonalFindings:
    """How well the personal files of a campaign fit those who would get it.

    Attributes:
        files: How many files there are.
        served: How many people get at least one, and miss none.
        blank: How many have nothing in the field: they get the message without a file.
        missing: Names in the field that are no file, the most frequent first: who has one there gets no message.
        people_missing: How many people that is.
        unused: Files that nobody gets.
        largest_bytes: What one person's files come to at most.
    """

    files: int = 0
    served: int = 0
    blank: int = 0
    missing: tuple[str, ...] = ()
    people_missing: int = 0
    unused: tuple[str, ...] = ()
    largest_bytes: int = 0


def import_personal(
    workspace: Workspace,
    campaign_id: int,
    folder: Path,
    file_field: str,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> PersonalFindings:
    """Take the files of *folder* as personal ones, in place of those that were there, to go to whom *file_field* names.

    The files of its subfolders, and hidden ones, are not taken. Names are compared without regard to case.

    Raises:
        Cancelled: *is_cancelled* said so; nothing was changed.
        UserFacingError: there is nothing in the folder, a file cannot be read or attached, they are too big, there is
            no such field, or the campaign is on its way; nothing was changed.
    """
    paths = _files_in(folder)
    with workspace.write() as session:
        campaign = editable(session, campaign_id)
        find_field(session, file_field)
        session.execute(delete(AttachmentRow).where(*_personal_of(campaign_id)))
        for done, path in enumerate(paths):
            if is_cancelled():
                raise Cancelled
            progress(done, len(paths))
            file = read_file(path)
            row = {"name": file.name, "media_type": file.media_type, "data": file.data}
            session.execute(insert(AttachmentRow), [{**row, "campaign_id": campaign_id, "is_personal": True}])
        campaign.file_field, campaign.updated_at = file_field, utcnow()
        return findings_of(session, campaign)


def forget_personal(workspace: Workspace, campaign_id: int) -> None:
    """Send no personal files with a draft after all.

    Raises:
        UserFacingError: the campaign is on its way.
    """
    with workspace.write() as session:
        campaign = editable(session, campaign_id)
        campaign.file_field, campaign.updated_at = "", utcnow()
        session.execute(delete(AttachmentRow).where(*_personal_of(campaign_id)))


def personal_findings(
    workspace: Workspace, campaign_id: int, *, file_field: str, audience: Audience
) -> PersonalFindings:
    """How well the personal files of a campaign fit those of *audience* who would get it now.

    Nothing is found if *file_field* is empty.

    Raises:
        UserFacingError: there is no such field.
    """
    with workspace.read() as session:
        return _findings(session, campaign_id, file_field, audience)


def findings_of(session: Session, campaign: Campaign) -> PersonalFindings:
    """`personal_findings` of a campaign as it is stored, within a transaction of the caller's."""
    return _findings(session, campaign.id, campaign.file_field, Audience.from_json(campaign.audience))


def _findings(session: Session, campaign_id: int, file_field: str, audience: Audience) -> PersonalFindings:
    if not file_field:
        return PersonalFindings()
    sizes = {one.name.casefold(): (one.name, one.size) for one in files_of(session, campaign_id) if one.is_personal}
    wanted: Counter[str] = Counter()
    served = blank = people_missing = largest = 0
    for names in _named(session, file_field, audience):
        known = [name.casefold() for name in names if name.casefold() in sizes]
        wanted.update(names)
        largest = max(largest, sum(sizes[name][1] for name in known))
        if not names:
            blank += 1
        elif len(known) < len(names):
            people_missing += 1
        else:
            served += 1
    given = {name.casefold() for name in wanted}
    missing = [name for name, _ in wanted.most_common() if name.casefold() not in sizes]
    return PersonalFindings(
        files=len(sizes),
        served=served,
        blank=blank,
        missing=tuple(missing[:_MOST_NAMES]),
        people_missing=people_missing,
        unused=tuple(name for key, (name, _) in sizes.items() if key not in given),
        largest_bytes=largest,
    )


def _named(session: Session, file_field: str, audience: Audience) -> Iterator[list[str]]:
    """The files that each of those who would get a campaign has in its field."""
    column: ColumnElement[str] = cast(column_of(find_field(session, file_field)), Text)
    members = select_contacts(session, audience).subquery()
    values: Select[str] = (
        select(column)
        .select_from(contact_and_block.join(members, members.c.id == Contact.id))
        .where(skip_reason.element.is_(None))
    )
    for value in session.scalars(values):
        yield names_in(value)


def names_in(value: object) -> list[str]:
    """The files that a contact's field names."""
    return [name for part in str(value or "").split(_SEPARATOR) if (name := part.strip())]


def _personal_of(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    return (AttachmentRow.campaign_id == campaign_id, AttachmentRow.is_personal.is_(True))


def _files_in(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        size = sum(path.stat().st_size for path in paths)
    except OSError as error:
        raise UserFacingError(f"The folder “{folder.name}” cannot be read.", detail=str(error)) from error
    if not paths:
        raise UserFacingError(f"There are no files in the folder “{folder.name}”.", "Choose the one with the files.")
    if size > MOST_PERSONAL_BYTES:
        raise UserFacingError(
            f"The files in “{folder.name}” come to {size // MB} MB; {MOST_PERSONAL_BYTES // MB} MB is the most.",
            "Put those for this campaign into a folder of their own.",
        )
    return paths
