"""The templates of a workspace: listed, saved, copied, deleted and brought back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.starters import starter_templates
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.tables import Template
from app.models.workspace import Workspace


@dataclass(frozen=True)
class TemplateInfo:
    """A template of the workspace."""

    id: int
    name: str
    description: str
    subject: str
    preheader: str
    mjml: str
    starter: str | None
    updated_at: datetime


def list_templates(workspace: Workspace) -> tuple[TemplateInfo, ...]:
    """All templates, those changed last first."""
    with workspace.read() as session:
        existing = select(Template).where(Template.deleted_at.is_(None))
        rows = session.scalars(existing.order_by(Template.updated_at.desc(), Template.id.desc()))
        return tuple(_info(row) for row in rows)


def get_template(workspace: Workspace, template_id: int) -> TemplateInfo:
    """One template.

    Raises:
        UserFacingError: it was deleted.
    """
    with workspace.read() as session:
        return _info(_existing(session, template_id))


def add_template(
    workspace: Workspace,
    *,
    name: str,
    mjml: str,
    description: str = "",
    subject: str = "",
    preheader: str = "",
    starter: str | None = None,
) -> int:
    """Store a new template and return its id."""
    with workspace.write() as session:
        row = Template(
            name=name, mjml=mjml, description=description, subject=subject, preheader=preheader, starter=starter
        )
        session.add(row)
        session.flush()
        return row.id


def change_template(
    workspace: Workspace,
    template_id: int,
    *,
    name: str | None = None,
    mjml: str | None = None,
    subject: str | None = None,
    preheader: str | None = None,
) -> None:
    """Change what is given of a template.

    Raises:
        UserFacingError: it was deleted.
    """
    changes = {"name": name, "mjml": mjml, "subject": subject, "preheader": preheader}
    with workspace.write() as session:
        row = _existing(session, template_id)
        for attribute, value in changes.items():
            if value is not None:
                setattr(row, attribute, value)
        row.updated_at = utcnow()


def copy_template(workspace: Workspace, template_id: int) -> int:
    """Make a copy named “… (copy)” and return its id."""
    original = get_template(workspace, template_id)
    return add_template(
        workspace,
        name=f"{original.name} (copy)",
        mjml=original.mjml,
        description=original.description,
        subject=original.subject,
        preheader=original.preheader,
        starter=original.starter,
    )


def delete_templates(workspace: Workspace, template_ids: Iterable[int]) -> None:
    """Hide templates; `restore_templates` brings them back. What was sent with them keeps its content."""
    _mark(workspace, template_ids, utcnow())


def restore_templates(workspace: Workspace, template_ids: Iterable[int]) -> None:
    """Bring deleted templates back."""
    _mark(workspace, template_ids, None)


def add_starters(workspace: Workspace) -> None:
    """Add the built-in designs, the first of them on top of the list."""
    for starter in reversed(starter_templates()):
        add_template(
            workspace,
            name=starter.name,
            mjml=starter.mjml,
            description=starter.description,
            subject=starter.subject,
            preheader=starter.preheader,
            starter=starter.key,
        )


def _mark(workspace: Workspace, template_ids: Iterable[int], deleted_at: datetime | None) -> None:
    with workspace.write() as session:
        for row in session.scalars(select(Template).where(Template.id.in_(list(template_ids)))):
            row.deleted_at = deleted_at


def _existing(session: Session, template_id: int) -> Template:
    row = session.get(Template, template_id)
    if row is None or row.deleted_at is not None:
        raise UserFacingError("This template was deleted.", "Choose another one.")
    return row


def _info(row: Template) -> TemplateInfo:
    return TemplateInfo(
        row.id, row.name, row.description, row.subject, row.preheader, row.mjml, row.starter, row.updated_at
    )
