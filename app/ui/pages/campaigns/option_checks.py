"""What is wrong, or could be better, with the options of a draft, before it is launched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.content.attachments import content_ids_in
from app.content.check import Finding, Severity
from app.content.custom_headers import CustomHeaders
from app.content.errors import TemplateError
from app.content.headers import parse_address
from app.models.states import MessageFormat
from app.sending.attachments import GROWTH, MANY_BYTES, MOST_BYTES, CampaignFile, common_bytes
from app.sending.campaigns import CampaignInfo
from app.sending.personal_files import PersonalFindings
from app.ui.pages.campaigns.words import joined, people, size_words

_NAMED = 3


def _tr(text: str) -> str:
    return QCoreApplication.translate("Campaigns", text)


def address_fault(address: str) -> str:
    """What is wrong with an address that may be left empty; empty if nothing is."""
    if not address.strip():
        return ""
    try:
        parse_address(address, "Reply-To")
    except TemplateError as fault:
        return str(fault)
    return ""


def headers_fault(headers: Sequence[tuple[str, str]]) -> str:
    """What is wrong with these headers; empty if nothing is."""
    try:
        CustomHeaders(headers)
    except TemplateError as fault:
        return str(fault)
    return ""


def option_findings(
    campaign: CampaignInfo, mjml: str, files: Sequence[CampaignFile], found: PersonalFindings
) -> list[Finding]:
    """Everything worth saying about the options, the worst first. *mjml*: the design, empty if there is none."""
    findings = [
        Finding(Severity.BLOCKER, fault)
        for fault in (address_fault(campaign.reply_to), headers_fault(campaign.headers))
        if fault
    ]
    if campaign.format is not MessageFormat.TEXT_ONLY:
        for name in sorted(content_ids_in(mjml) - {file.content_id for file in files}):
            words = _tr("The message shows a picture “{0}”, which is missing. Add a file of that name under Files.")
            findings.append(Finding(Severity.BLOCKER, words.format(name)))
    size = common_bytes(files) + found.largest_bytes
    if size > MOST_BYTES:
        words = _tr("The files of one message come to {0}; mailboxes take no more than {1}.")
        findings.append(Finding(Severity.BLOCKER, words.format(size_words(size), size_words(MOST_BYTES))))
    elif size >= MANY_BYTES:
        words = _tr("The files come to {0}, which is about {1} in the mail. Many mailboxes refuse that.")
        findings.append(Finding(Severity.WARNING, words.format(size_words(size), size_words(round(size * GROWTH)))))
    return findings + [Finding(Severity.WARNING, line) for line in personal_findings_words(found)]


def personal_findings_words(found: PersonalFindings) -> list[str]:
    """What does not fit between the personal files and the people, in sentences."""
    lines = []
    if found.people_missing:
        names = joined([f"“{name}”" for name in found.missing], most=_NAMED)
        words = _tr("{0} would get no message: there is no personal file {1}.")
        lines.append(words.format(people(found.people_missing), names))
    if found.files and found.blank:
        words = _tr("{0} would get the message without a personal file, as none is named for them.")
        lines.append(words.format(people(found.blank)))
    if found.unused:
        words = _tr("Nobody gets the personal file {0}.")
        lines.append(words.format(joined([f"“{name}”" for name in found.unused], most=_NAMED)))
    return lines
