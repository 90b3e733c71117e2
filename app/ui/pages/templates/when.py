"""Moments in the user's words and time zone."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale


def moment(at: datetime) -> str:
    """ "today, 14:20", "yesterday, 09:00", "3 Mar 2026, 14:20"."""
    days = (datetime.now(UTC).astimezone().date() - at.astimezone().date()).days
    names = {0: _tr("today, {0}"), 1: _tr("yesterday, {0}")}
    if days in names:
        return names[days].format(QLocale().toString(_qt(at), "HH:mm"))
    return QLocale().toString(_qt(at), "d MMM yyyy, HH:mm")


def short_moment(at: datetime) -> str:
    """ "14:20" today, "3 Mar" before: for columns."""
    is_today = datetime.now(UTC).astimezone().date() == at.astimezone().date()
    return QLocale().toString(_qt(at), "HH:mm" if is_today else "d MMM")


def exact(at: datetime) -> str:
    """ "3 March 2026, 14:20:05"."""
    return QLocale().toString(_qt(at), "d MMMM yyyy, HH:mm:ss")


def _qt(at: datetime) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(int(at.timestamp() * 1000))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Moments", text)
