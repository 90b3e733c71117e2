"""When the last mail will leave, in a sentence."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication

from app.sending.outlook import Outlook
from app.ui.pages.campaigns.words import around, span

_AT_ONCE = timedelta(seconds=90)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Outlook", text)


def takes_words(outlook: Outlook | None, *, now: datetime | None = None) -> str:
    """As in "It takes about 3 days because of the limit of 500 a day; the last leaves on Friday around 14:00."

    Empty if there is nothing to say.
    """
    if outlook is None:
        return ""
    because = f" {outlook.forecast.because}" if outlook.forecast.because else ""
    ends_at = outlook.forecast.ends_at
    if ends_at is None:
        return _tr("It would take more than five years{0}.").format(because)
    takes = ends_at - outlook.starts_at
    if takes < _AT_ONCE:
        return _tr("It takes a minute or so.")
    return _tr("It takes about {0}{1}; the last leaves {2}.").format(span(takes), because, around(ends_at, now=now))


def last_words(outlook: Outlook | None, *, now: datetime | None = None) -> str:
    """As in "the last leaves on Friday around 14:00"; empty if that is not known or not worth a word."""
    ends_at = outlook.forecast.ends_at if outlook is not None else None
    return _tr("the last leaves {0}").format(around(ends_at, now=now)) if ends_at is not None else ""
