"""A template as it is being edited, and what can be said about it: made in worker threads, handed over as values."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.audience.contacts import ContactQuery, ids, merge_values
from app.audience.fields import list_fields
from app.content.check import Finding, check_template
from app.content.errors import TemplateError
from app.content.library import TemplateInfo
from app.content.preview import Preview, preview
from app.models.fields import FieldInfo
from app.models.workspace import OrganisationInfo, Workspace


@dataclass(frozen=True)
class Draft:
    """The three texts of a template."""

    mjml: str
    subject: str
    preheader: str

    @classmethod
    def of(cls, template: TemplateInfo) -> Draft:
        # With the line ends of an editor, so that opening a template does not change it.
        mjml = template.mjml.replace("\r\n", "\n").replace("\r", "\n")
        return cls(mjml, template.subject, template.preheader)


@dataclass(frozen=True)
class Person:
    """Whom a preview is addressed to. Without an id it is nobody real."""

    values: Mapping[str, object]
    id: int | None = None

    @property
    def name(self) -> str:
        full = " ".join(str(self.values.get(key) or "") for key in ("first_name", "last_name")).strip()
        return full or str(self.values.get("email", ""))


SAMPLE_PERSON = Person(
    {
        "email": "ann.baker@example.com",
        "first_name": "Ann",
        "last_name": "Baker",
        "company": "Baker & Daughters",
        "city": "Springfield",
        "country": "GB",
        "language": "en",
    }
)
"""Stands in while there are no contacts."""


@dataclass(frozen=True)
class Surroundings:
    """What a template can refer to."""

    organisation: OrganisationInfo
    fields: tuple[FieldInfo, ...]


@dataclass(frozen=True)
class Look:
    """A draft, looked at.

    Attributes:
        preview: None where `fault` says why there is none.
    """

    draft: Draft
    preview: Preview | None
    fault: TemplateError | None
    findings: tuple[Finding, ...] = field(default=())


def read_surroundings(workspace: Workspace) -> Surroundings:
    return Surroundings(workspace.organisation(), list_fields(workspace))


def read_person(workspace: Workspace, contact_id: int | None) -> Person:
    """The contact, or the sample person if there is no such contact (any more)."""
    if contact_id is None:
        return SAMPLE_PERSON
    with workspace.read() as session:
        values = merge_values(session, [contact_id]).get(contact_id)
    return SAMPLE_PERSON if values is None else Person(values, contact_id)


def find_people(workspace: Workspace, search: str) -> array[int]:
    """The contacts to preview as, in the order of their addresses."""
    return ids(workspace, ContactQuery(search=search))


def look_at(draft: Draft, person: Person, around: Surroundings) -> Look:
    """What *person* would get, and what is to be said about the draft."""
    known = [one.key for one in around.fields]
    findings = check_template(draft.mjml, draft.subject, known_fields=known)
    try:
        made = render(draft, person, around)
    except TemplateError as fault:
        return Look(draft, None, fault, findings)
    return Look(draft, made, None, findings)


def render(draft: Draft, person: Person, around: Surroundings) -> Preview:
    """The message *person* would get.

    Raises:
        TemplateError: the draft cannot be read, or fails with this person's values.
    """
    return preview(
        draft.mjml,
        person.values,
        subject=draft.subject,
        preheader=draft.preheader,
        organisation=around.organisation.name,
        postal_address=around.organisation.postal_address,
    )
