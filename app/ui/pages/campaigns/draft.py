"""What the composer knows about a draft: read in worker threads, handed to the widgets as values."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.audience.audience import AudienceCount, sent_campaigns
from app.audience.audience import count as count_audience
from app.audience.contacts import merge_values
from app.audience.fields import list_fields
from app.audience.groups import GroupInfo
from app.audience.lists import all_lists, all_tags
from app.audience.recipients import count_blank, recipient_ids
from app.content.attachments import with_pictures
from app.content.check import Finding, Severity, check_template
from app.content.errors import TemplateError
from app.content.library import TemplateInfo, list_templates
from app.content.merge import BUILT_IN_FIELDS, fields_needed
from app.content.preview import Preview, preview, preview_source
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.states import MessageFormat
from app.models.tables import Identity
from app.models.workspace import OrganisationInfo, Workspace
from app.sending.accounts import IdentityInfo, list_accounts
from app.sending.attachments import CampaignFile, list_files, picture_data
from app.sending.campaigns import CampaignInfo
from app.sending.outlook import Outlook, outlook_of_draft
from app.sending.personal_files import PersonalFindings, names_in, personal_findings
from app.sending.plan import source_for
from app.ui.pages.campaigns.option_checks import option_findings
from app.ui.pages.campaigns.pictures import picture_url

EXAMPLE = {
    "email": "ann.baker@example.com",
    "first_name": "Ann",
    "last_name": "Baker",
    "company": "Baker & Daughters",
    "city": "Springfield",
}
"""Whom a preview is filled with while nobody is chosen."""


@dataclass(frozen=True)
class Surroundings:
    """What a draft can be made of.

    Attributes:
        problems: Why accounts cannot send, by account.
        dispatches: What campaigns were sent, by dispatch.
    """

    lists: tuple[GroupInfo, ...]
    tags: tuple[GroupInfo, ...]
    identities: tuple[IdentityInfo, ...]
    templates: tuple[TemplateInfo, ...]
    fields: tuple[FieldInfo, ...]
    organisation: OrganisationInfo
    problems: Mapping[int, str]
    dispatches: Mapping[int, str]

    def identity(self, identity_id: int | None) -> IdentityInfo | None:
        return next((one for one in self.identities if one.id == identity_id), None)

    def problem_of(self, identity_id: int) -> str:
        """Why the account of a From address cannot send; empty if it can."""
        identity = self.identity(identity_id)
        return self.problems.get(identity.account_id, "") if identity is not None else ""

    def template(self, template_id: int | None) -> TemplateInfo | None:
        return next((one for one in self.templates if one.id == template_id), None)


@dataclass(frozen=True)
class Check:
    """What would happen if the draft were sent now.

    Attributes:
        recipients: The contacts who would get it.
        files: All that goes out with it.
        personal: How the personal ones of these fit the recipients.
        outlook: How long it would take; None while that cannot be said.
    """

    count: AudienceCount
    recipients: array[int]
    findings: tuple[Finding, ...]
    files: tuple[CampaignFile, ...] = ()
    personal: PersonalFindings = field(default_factory=PersonalFindings)
    outlook: Outlook | None = None

    @property
    def has_blocker(self) -> bool:
        return any(one.severity is Severity.BLOCKER for one in self.findings)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What there is to warn of, each thing once."""
        return tuple(dict.fromkeys(one.message for one in self.findings if one.severity is Severity.WARNING))


@dataclass(frozen=True)
class PersonPreview:
    """The message of one person, or why it cannot be made.

    Attributes:
        html: That of `preview` with its pictures in it.
        files: The names of the files that come with it.
    """

    name: str
    address: str
    preview: Preview | None
    trouble: str = ""
    html: str = ""
    files: tuple[str, ...] = ()


def read_surroundings(workspace: Workspace) -> Surroundings:
    accounts = list_accounts(workspace)
    return Surroundings(
        lists=all_lists(workspace),
        tags=all_tags(workspace),
        identities=tuple(identity for account in accounts for identity in account.identities),
        templates=list_templates(workspace),
        fields=list_fields(workspace),
        organisation=workspace.organisation(),
        problems={account.id: account.problem for account in accounts if account.problem},
        dispatches=sent_campaigns(workspace),
    )


def read_check(workspace: Workspace, campaign: CampaignInfo, around: Surroundings) -> Check:
    template = around.template(campaign.template_id)
    findings: list[Finding] = []
    if template is not None:
        found = check_template(template.mjml, campaign.subject, known_fields=[field.key for field in around.fields])
        # An empty subject is a step still to be done, not a fault.
        findings += [one for one in found if campaign.subject.strip() or one.severity is not Severity.BLOCKER]
        findings += _gaps(workspace, campaign, template, around.fields)
    files = list_files(workspace, campaign.id)
    personal = PersonalFindings()
    try:
        personal = personal_findings(workspace, campaign.id, file_field=campaign.file_field, audience=campaign.audience)
    except UserFacingError as error:
        findings.insert(0, Finding(Severity.BLOCKER, str(error)))
    findings += option_findings(campaign, template.mjml if template else "", files, personal)
    problems = [around.problem_of(identity_id) for identity_id in campaign.shares]
    if problems and all(problems):
        findings.insert(0, Finding(Severity.BLOCKER, problems[0]))
    else:
        findings += [Finding(Severity.WARNING, problem) for problem in problems if problem]
    audience = campaign.audience
    count = count_audience(workspace, audience)
    return Check(
        count,
        recipient_ids(workspace, audience) if not audience.is_empty else array("q"),
        tuple(sorted(findings, key=lambda finding: list(Severity).index(finding.severity))),
        files,
        personal,
        outlook_of_draft(workspace, campaign, count.mailable),
    )


def read_preview(
    workspace: Workspace,
    campaign: CampaignInfo,
    around: Surroundings,
    contact_id: int | None,
    pictures: dict[int, str],
) -> PersonPreview | None:
    """What contact *contact_id* would get, an example person if it is None; None without a template.

    *pictures* keeps those of the message, by file, from one call to the next.
    """
    template = around.template(campaign.template_id)
    if template is None:
        return None
    with workspace.read() as session:
        values: Mapping[str, object] = EXAMPLE
        if contact_id is not None:
            values = merge_values(session, [contact_id]).get(contact_id, EXAMPLE)
        name = " ".join(str(values.get(key, "")) for key in ("first_name", "last_name")).strip()
        address = str(values.get("email", ""))
        identity = session.get(Identity, campaign.identity_id) if campaign.identity_id is not None else None
        us = around.organisation
        try:
            if identity is None:
                made = preview(
                    template.mjml,
                    values,
                    subject=campaign.subject,
                    preheader=campaign.preheader,
                    organisation=us.name,
                    postal_address=us.postal_address,
                )
            else:
                source = source_for(
                    session,
                    identity,
                    mjml=template.mjml,
                    subject=campaign.subject,
                    preheader=campaign.preheader,
                    text_only=campaign.format is MessageFormat.TEXT_ONLY,
                )
                made = preview_source(
                    source, values, constants={"organisation": us.name, "postal_address": us.postal_address}
                )
        except TemplateError as error:
            return PersonPreview(name, address, None, str(error))
    files = list_files(workspace, campaign.id)
    return PersonPreview(
        name,
        address,
        made,
        html=with_pictures(made.html, _pictures(workspace, files, made.pictures, pictures)),
        files=_names_of(files, values, campaign.file_field),
    )


def _pictures(
    workspace: Workspace, files: Iterable[CampaignFile], wanted: frozenset[str], known: dict[int, str]
) -> dict[str, str]:
    """What shows each picture of a message."""
    shown = {file.content_id: file.id for file in files if file.content_id in wanted}
    for file_id in shown.values():
        if file_id not in known:
            known[file_id] = picture_url(picture_data(workspace, file_id))
    return {content_id: url for content_id, file_id in shown.items() if (url := known[file_id])}


def _names_of(files: Iterable[CampaignFile], values: Mapping[str, object], file_field: str) -> tuple[str, ...]:
    """What comes attached to the message of a person with these merge values."""
    wanted = {name.casefold() for name in names_in(values.get(file_field))} if file_field else set()
    return tuple(
        file.name for file in files if (file.name.casefold() in wanted if file.is_personal else not file.content_id)
    )


def _gaps(
    workspace: Workspace, campaign: CampaignInfo, template: TemplateInfo, fields: Iterable[FieldInfo]
) -> list[Finding]:
    """A warning for each field that is blank for some, and would leave a hole in their message."""
    try:
        needed = fields_needed(template.mjml) | fields_needed(campaign.subject) | fields_needed(campaign.preheader)
    except TemplateError:
        return []  # check_template has said so already
    labels = {field.key: field.label for field in fields}
    blank = count_blank(workspace, campaign.audience, sorted(needed - BUILT_IN_FIELDS.keys()))
    return [
        Finding(
            Severity.WARNING,
            f"{count} of these people have no “{labels[key]}”: their message has a gap there. "
            f'Fill it in under Contacts, or write {{{{ {key}|default("…") }}}}.',
        )
        for key, count in blank.items()
        if count
    ]
