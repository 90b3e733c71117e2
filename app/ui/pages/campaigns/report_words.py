"""A report in words: the sentence under its title, the notes of its figures, and what must be said above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.models.states import CampaignStatus, DeliveryState
from app.reports.metrics import DispatchReport
from app.sending.breaker import is_from_breaker
from app.sending.outlook import Outlook, Way
from app.ui.pages.campaigns.outlook_words import last_words
from app.ui.pages.campaigns.words import joined, moment, number, people, percent, span
from app.ui.theme import Kind


def _tr(text: str) -> str:
    return QCoreApplication.translate("Report", text)


@dataclass(frozen=True)
class ReportBanner:
    """
    Attributes:
        about_account: The user can mend it under Accounts.
        about_doubt: There are messages in doubt to look at.
        about_failed: There are refused messages that can be tried again.
        goes_on: Nothing needs mending: it is the user's word that is missing.
    """

    title: str
    text: str
    kind: Kind
    about_account: bool = False
    about_doubt: bool = False
    about_failed: bool = False
    goes_on: bool = False


def via_words(report: DispatchReport, ways: Sequence[Way]) -> str:
    """The accounts it is sent through."""
    return joined([way.account_name for way in ways]) or report.account_name


def sentence_of(report: DispatchReport, ways: Sequence[Way], outlook: Outlook | None) -> str:
    """Where it stands, through which accounts, and how long it still takes."""
    via = _tr("through {0}").format(via_words(report, ways))
    match report.status:
        case CampaignStatus.SCHEDULED:
            return _tr("Leaves {0} {1}").format(moment(report.due_at), via)
        case CampaignStatus.SENDING:
            since = moment(report.started_at or report.due_at)
            return " · ".join(filter(None, [_tr("Sending since {0} {1}").format(since, via), last_words(outlook)]))
        case CampaignStatus.PAUSED | CampaignStatus.NEEDS_YOU:
            return _tr("Stopped with {0} still to go {1}").format(people(report.counts.left), via)
        case CampaignStatus.CANCELLED:
            return _tr("Cancelled {0}, {1}").format(moment(report.finished_at or report.due_at), via)
    took = span(report.finished_at - report.started_at) if report.finished_at and report.started_at else ""
    words = _tr("Sent {0} {1}").format(moment(report.started_at or report.due_at), via)
    return _tr("{0}, in {1}").format(words, took) if took else words


def figures_of(report: DispatchReport) -> dict[str, tuple[str, str]]:
    """(value, remark) for each figure that says something now."""
    counts = report.counts
    sent, failed = counts[DeliveryState.SENT], counts[DeliveryState.FAILED]
    waiting = counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING]
    left_out = counts[DeliveryState.SKIPPED] + counts[DeliveryState.CANCELLED]
    deferred, in_doubt = counts[DeliveryState.DEFERRED], counts[DeliveryState.IN_DOUBT]
    tried = sent + failed
    figures = {"sent": (number(sent), _tr("of {0}").format(number(counts.intended)))}
    if waiting:
        figures["waiting"] = (number(waiting), _tr("their turn comes"))
    if deferred:
        figures["deferred"] = (number(deferred), _tr("not refused, only later"))
    figures["failed"] = (number(failed), _tr("{0} of those tried").format(percent(failed / tried)) if failed else "")
    figures["left_out"] = (number(left_out), _tr("may not be mailed") if counts[DeliveryState.SKIPPED] else "")
    if in_doubt:
        figures["in_doubt"] = (number(in_doubt), _tr("perhaps arrived"))
    return figures


def banner_of(
    report: DispatchReport, ways: Sequence[Way], outlook: Outlook | None, *, ready: int
) -> ReportBanner | None:
    """The one thing that must be said now, the worst first. *ready*: how many of the refused can be tried again."""
    if report.problem:
        return _stopped(report, ways)
    broken = [way for way in ways if way.problem]
    if broken and report.status is CampaignStatus.SENDING:
        return ReportBanner(
            _tr("{0} cannot send").format(joined([way.account_name for way in broken])),
            _tr("{0} The other accounts go on with its share.").format(_sentence(broken[0].problem)),
            Kind.WARNING,
            about_account=True,
        )
    in_doubt = report.counts[DeliveryState.IN_DOUBT]
    if in_doubt:
        return _doubt(in_doubt)
    if report.note and report.status is CampaignStatus.SENDING:
        last = last_words(outlook)
        text = " ".join(filter(None, [_sentence(report.note), _sentence(last[:1].upper() + last[1:]) if last else ""]))
        return ReportBanner(_tr("Waiting for a moment"), text, Kind.INFO)
    if report.status is CampaignStatus.PAUSED:
        return ReportBanner(
            _tr("Paused"), _tr("Nothing goes out until you press Resume. Nobody gets it twice."), Kind.WARNING
        )
    if ready and report.status is CampaignStatus.FINISHED:
        one, many = _tr("One refused message can be tried again"), _tr("{0} refused messages can be tried again")
        return ReportBanner(
            one if ready == 1 else many.format(number(ready)),
            _tr("The reason may have passed, such as a full mailbox. Nobody who has the message gets it twice."),
            Kind.INFO,
            about_failed=True,
        )
    return None


def _stopped(report: DispatchReport, ways: Sequence[Way]) -> ReportBanner:
    if is_from_breaker(report.problem):
        text = _tr("{0} Look at the refused addresses first; if you are sure of them, let it go on.")
        return ReportBanner(
            _tr("Paused for your good name"), text.format(_sentence(report.problem)), Kind.BAD, goes_on=True
        )
    return ReportBanner(
        _tr("Sending has stopped: it needs you"),
        _tr("{0} Nothing is lost: once it is mended, press Resume, and it goes on where it stopped.").format(
            _sentence(report.problem)
        ),
        Kind.BAD,
        about_account=any(way.problem for way in ways),
    )


def _doubt(count: int) -> ReportBanner:
    title = _tr("One message is in doubt") if count == 1 else _tr("{0} messages are in doubt").format(number(count))
    return ReportBanner(
        title,
        _tr(
            "The connection broke before the server had answered, so they may or may not have arrived. "
            "They are not sent again by themselves, so that nobody gets one twice."
        ),
        Kind.WARNING,
        about_doubt=True,
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
