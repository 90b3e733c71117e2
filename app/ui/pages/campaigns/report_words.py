"""A report in words: the sentence under its title, the notes of its figures, and what must be said above them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication

from app.models.states import CampaignStatus, DeliveryState
from app.reports.metrics import DispatchReport
from app.ui.pages.campaigns.words import clock, moment, number, people, percent, span
from app.ui.theme import Kind


def _tr(text: str) -> str:
    return QCoreApplication.translate("Report", text)


@dataclass(frozen=True)
class ReportBanner:
    """
    Attributes:
        about_account: The user can mend it under Accounts.
        about_doubt: There are messages in doubt to look at.
    """

    title: str
    text: str
    kind: Kind
    about_account: bool = False
    about_doubt: bool = False


def sentence_of(report: DispatchReport) -> str:
    """Where it stands, through which account, and how long it still takes."""
    via = _tr("through {0}").format(report.account_name)
    match report.status:
        case CampaignStatus.SCHEDULED:
            return _tr("Leaves {0} {1}").format(moment(report.due_at), via)
        case CampaignStatus.SENDING:
            since = moment(report.started_at or report.due_at)
            end = _end_of(report)
            return " · ".join(filter(None, [_tr("Sending since {0} {1}").format(since, via), end]))
        case CampaignStatus.PAUSED | CampaignStatus.NEEDS_YOU:
            return _tr("Stopped with {0} still to go {1}").format(people(report.counts.left), via)
        case CampaignStatus.CANCELLED:
            return _tr("Cancelled {0}, {1}").format(moment(report.finished_at or report.due_at), via)
    took = span(report.finished_at - report.started_at) if report.finished_at and report.started_at else ""
    words = _tr("Sent {0} {1}").format(moment(report.started_at or report.due_at), via)
    return _tr("{0}, in {1}").format(words, took) if took else words


def _end_of(report: DispatchReport) -> str:
    """When it will be done at the pace so far; empty while that is a guess."""
    sent, left = report.counts[DeliveryState.SENT], report.counts[DeliveryState.QUEUED]
    if report.started_at is None or sent < 20 or not left:
        return ""
    elapsed = datetime.now(UTC) - report.started_at
    if elapsed < timedelta(seconds=5):
        return ""
    return _tr("done about {0}").format(clock(datetime.now(UTC) + elapsed / sent * left))


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


def banner_of(report: DispatchReport) -> ReportBanner | None:
    """The one thing that must be said now, the worst first."""
    if report.problem:
        return ReportBanner(
            _tr("Sending has stopped: it needs you"),
            _tr("{0} Nothing is lost: press Resume when it is mended, and it goes on where it stopped.").format(
                report.problem
            ),
            Kind.BAD,
            about_account=True,
        )
    in_doubt = report.counts[DeliveryState.IN_DOUBT]
    if in_doubt:
        title = (
            _tr("One message is in doubt")
            if in_doubt == 1
            else _tr("{0} messages are in doubt").format(number(in_doubt))
        )
        return ReportBanner(
            title,
            _tr(
                "The connection broke before the server had answered, so they may or may not have arrived. "
                "They are not sent again by themselves, so that nobody gets one twice."
            ),
            Kind.WARNING,
            about_doubt=True,
        )
    if report.note and report.status is CampaignStatus.SENDING:
        return ReportBanner(_tr("Waiting for a moment"), _sentence(report.note), Kind.INFO)
    if report.status is CampaignStatus.PAUSED:
        return ReportBanner(
            _tr("Paused"), _tr("Nothing goes out until you press Resume. Nobody gets it twice."), Kind.WARNING
        )
    return None


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
