"""States, reasons, numbers and moments of campaigns, in the words people use."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.models.states import CampaignStatus, DeliveryState, SkipReason
from app.reports.metrics import DeliveryCounts
from app.sending.reasons import MEANINGS, Reason
from app.ui.theme import Kind
from app.ui.widgets import Cell, PillLook, ProgressCell

COUNTDOWN = timedelta(seconds=60)
"""A campaign due within this time is shown with its seconds."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Campaigns", text)


# Numbers and moments


def number(value: int) -> str:
    return QLocale().toString(value)


def percent(share: float) -> str:
    """Never "100 %" while something is missing, never "0 %" once something is there."""
    tenths = round(share * 1000)
    if share < 1 and tenths == 1000:
        tenths = 999
    if tenths % 10 == 0:
        return _tr("{0} %").format(number(tenths // 10))
    return _tr("{0} %").format(QLocale().toString(tenths / 10, "f", 1))


def whole_percent(share: float) -> str:
    return _tr("{0} %").format(number(min(99, int(share * 100)) if share < 1 else 100))


def people(count: int) -> str:
    return _tr("1 person") if count == 1 else _tr("{0} people").format(number(count))


def messages(count: int) -> str:
    return _tr("1 message") if count == 1 else _tr("{0} messages").format(number(count))


def moment(at: datetime, *, now: datetime | None = None) -> str:
    """As in "today 14:20", "tomorrow 09:00", "3 Mar 14:20": short, in the local time zone."""
    local = at.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    time = clock(at)
    match (local.date() - today).days:
        case 0:
            return _tr("today {0}").format(time)
        case 1:
            return _tr("tomorrow {0}").format(time)
        case -1:
            return _tr("yesterday {0}").format(time)
    return _tr("{0}, {1}").format(day(at), time)


def day(at: datetime) -> str:
    """As in "3 Mar", or "3 Mar 2025" for another year."""
    local = at.astimezone()
    pattern = "d MMM" if local.year == datetime.now(UTC).astimezone().year else "d MMM yyyy"
    return QLocale().toString(_qt(at), pattern)


def clock(at: datetime, *, seconds: bool = False) -> str:
    return QLocale().toString(_qt(at), "HH:mm:ss" if seconds else "HH:mm")


def _qt(at: datetime) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(int(at.timestamp() * 1000))


def span(duration: timedelta) -> str:
    """As in "8 seconds", "12 minutes", "3 hours"."""
    seconds = max(1, round(duration.total_seconds()))
    if seconds < 120:
        return _tr("1 second") if seconds == 1 else _tr("{0} seconds").format(number(seconds))
    minutes = round(seconds / 60)
    if minutes < 120:
        return _tr("{0} minutes").format(number(minutes))
    hours = round(minutes / 60)
    return _tr("{0} hours").format(number(hours)) if hours < 48 else _tr("{0} days").format(number(round(hours / 24)))


def around(at: datetime, *, now: datetime | None = None) -> str:
    """A moment to come, no more exactly than it can be known: "around 14:20", "on Friday around 14:00"."""
    present = now or datetime.now(UTC)
    left = at - present
    step_s = 60 if left < timedelta(hours=1) else 600 if left < timedelta(days=1) else 3600
    local = datetime.fromtimestamp(round(at.timestamp() / step_s) * step_s, UTC).astimezone()
    time = clock(local)
    match (local.date() - present.astimezone().date()).days:
        case 0:
            return _tr("around {0}").format(time)
        case 1:
            return _tr("tomorrow around {0}").format(time)
        case days if days < 7:
            return _tr("on {0} around {1}").format(QLocale().toString(_qt(local), "dddd"), time)
    return _tr("on {0} around {1}").format(day(local), time)


def size_words(size: int) -> str:
    """As in “3.1 MB”; never “0 kB” for something that is there."""
    kilobytes = max(1, round(size / 1000)) if size else 0
    digits = 0 if kilobytes < 1000 or kilobytes % 1000 == 0 else 1
    return QLocale().formattedDataSize(kilobytes * 1000, digits, QLocale.DataSizeFormat.DataSizeSIFormat)


# Campaigns


def status_cell(
    status: CampaignStatus,
    counts: DeliveryCounts | None = None,
    *,
    due_at: datetime | None = None,
    now: datetime | None = None,
) -> Cell:
    """The state of a campaign: a pill, with a bar while it is on its way."""
    pill = status_pill(status, counts, due_at=due_at, now=now)
    under_way = status in (CampaignStatus.SENDING, CampaignStatus.PAUSED)
    if under_way and counts is not None and counts.intended:
        return ProgressCell(counts.done_share, whole_percent(counts.done_share), pill)
    return pill


def status_pill(
    status: CampaignStatus,
    counts: DeliveryCounts | None = None,
    *,
    due_at: datetime | None = None,
    now: datetime | None = None,
) -> PillLook:
    match status:
        case CampaignStatus.DRAFT:
            return PillLook(_tr("Draft"), Kind.NEUTRAL, "pencil")
        case CampaignStatus.SCHEDULED:
            left = seconds_left(due_at, now)
            if left is None:
                return PillLook(_tr("Scheduled"), Kind.INFO, "calendar-clock")
            return PillLook(_tr("Leaves in {0} s").format(left) if left else _tr("Leaving"), Kind.INFO, "clock")
        case CampaignStatus.SENDING:
            return PillLook(_tr("Sending"), Kind.INFO, "send")
        case CampaignStatus.PAUSED:
            return PillLook(_tr("Paused"), Kind.WARNING, "pause")
        case CampaignStatus.NEEDS_YOU:
            return PillLook(_tr("Needs you"), Kind.BAD)
        case CampaignStatus.CANCELLED:
            return PillLook(_tr("Cancelled"), Kind.NEUTRAL, "ban")
        case CampaignStatus.FINISHED:
            return _finished_pill(counts)


def _finished_pill(counts: DeliveryCounts | None) -> PillLook:
    refused = counts[DeliveryState.FAILED] if counts else 0
    in_doubt = counts[DeliveryState.IN_DOUBT] if counts else 0
    if refused:
        return PillLook(_tr("Sent, {0} refused").format(number(refused)), Kind.WARNING)
    if in_doubt:
        return PillLook(_tr("Sent, {0} in doubt").format(number(in_doubt)), Kind.WARNING)
    return PillLook(_tr("Sent"), Kind.GOOD)


def seconds_left(due_at: datetime | None, now: datetime | None = None) -> int | None:
    """The whole seconds until a campaign leaves; None while that is further away than anyone counts."""
    if due_at is None:
        return None
    left = due_at - (now or datetime.now(UTC))
    return max(0, round(left.total_seconds())) if left < COUNTDOWN else None


def left_out_words(skipped: Mapping[SkipReason, int]) -> str:
    """As in “19 left out: 12 unsubscribed or blocked, 7 without permission”; empty if there is nobody."""
    words = {
        SkipReason.SUPPRESSED: _tr("unsubscribed or blocked"),
        SkipReason.NO_PERMISSION: _tr("without permission"),
        SkipReason.CONTACT_DELETED: _tr("deleted"),
        SkipReason.CONTENT_ERROR: _tr("with a fault in the message"),
    }
    counted = [(words[reason], count) for reason, count in skipped.items() if count]
    if not counted:
        return ""
    parts = [word if len(counted) == 1 else f"{number(count)} {word}" for word, count in counted]
    return _tr("{0} left out: {1}").format(number(sum(skipped.values())), ", ".join(parts))


def without_tags(subject: str) -> str:
    """A subject for reading: “[first name]: 20% off” instead of merge tags."""
    return _TAG.sub(lambda tag: f"[{tag[1].replace('_', ' ')}]", subject)


_TAG = re.compile(r"\{\{\s*(\w+).*?\}\}")


def joined(names: Collection[str], *, most: int = 2) -> str:
    """As in "Customers, Press and 3 more"."""
    shown = list(names)[:most]
    rest = len(names) - len(shown)
    words = ", ".join(shown)
    return _tr("{0} and {1} more").format(words, number(rest)) if rest else words


# Deliveries


def delivery_pill(state: DeliveryState) -> PillLook:
    return PillLook(delivery_state(state), *_DELIVERY_LOOKS[state])


def delivery_state(state: DeliveryState) -> str:
    return {
        DeliveryState.QUEUED: _tr("Waiting"),
        DeliveryState.SENDING: _tr("Being sent"),
        DeliveryState.SENT: _tr("Sent"),
        DeliveryState.DEFERRED: _tr("Trying again"),
        DeliveryState.FAILED: _tr("Refused"),
        DeliveryState.SKIPPED: _tr("Left out"),
        DeliveryState.IN_DOUBT: _tr("In doubt"),
        DeliveryState.CANCELLED: _tr("Cancelled"),
    }[state]


_DELIVERY_LOOKS = {
    DeliveryState.QUEUED: (Kind.NEUTRAL, "clock"),
    DeliveryState.SENDING: (Kind.INFO, "send"),
    DeliveryState.SENT: (Kind.GOOD, "check"),
    DeliveryState.DEFERRED: (Kind.WARNING, "repeat"),
    DeliveryState.FAILED: (Kind.BAD, "mail-x"),
    DeliveryState.SKIPPED: (Kind.NEUTRAL, "user-x"),
    DeliveryState.IN_DOUBT: (Kind.WARNING, "circle-help"),
    DeliveryState.CANCELLED: (Kind.NEUTRAL, "ban"),
}


def reason_words(state: DeliveryState, reason: str) -> str:
    """Why a delivery is in its state, in a sentence; empty where there is nothing to explain."""
    if not reason or state in (DeliveryState.SENT, DeliveryState.CANCELLED):
        return ""
    if reason in _SKIPPED:
        return _tr(_SKIPPED[SkipReason(reason)])
    if reason not in set(Reason):
        return reason
    sentence = MEANINGS[Reason(reason)].sentence.format(server=_tr("the server"))
    sentence = sentence[0].upper() + sentence[1:]
    return _tr("{0} It may or may not have arrived.").format(sentence) if state is DeliveryState.IN_DOUBT else sentence


_SKIPPED = {
    SkipReason.SUPPRESSED: "They unsubscribed, or the address is blocked.",
    SkipReason.NO_PERMISSION: "There is no record that they agreed to get mail.",
    SkipReason.CONTACT_DELETED: "The contact was deleted before its turn came.",
    SkipReason.CONTENT_ERROR: "The message could not be filled in for this person.",
}


def delivery_words(state: DeliveryState, reason: str) -> tuple[str, str]:
    """State and reason for an exported table."""
    return delivery_state(state), reason_words(state, reason)
