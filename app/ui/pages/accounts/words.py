"""Limits, and what was sent of them, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from app.sending.limits import Limits
from app.sending.presets import Preset, PresetGroup


def number(value: int) -> str:
    """A number as people of the user's country write it."""
    return QLocale().toString(value)


def limits_words(limits: Limits) -> str:
    """ "14 a second, 50,000 a day"; empty without a limit."""
    parts = (
        (limits.per_second, _tr("{0} a second")),
        (limits.per_minute, _tr("{0} a minute")),
        (limits.per_hour, _tr("{0} an hour")),
        (limits.per_day, _tr("{0} a day")),
        (limits.per_30_days, _tr("{0} in 30 days")),
    )
    return ", ".join(words.format(number(limit)) for limit, words in parts if limit is not None)


def short_limits(preset: Preset) -> str:
    """How much a provider lets one send, in the few words a tile has room for."""
    limits = preset.limits
    if limits != Limits():
        widest = Limits(per_day=limits.per_day) if limits.per_day else Limits(per_hour=limits.per_hour)
        words = limits_words(widest) or limits_words(limits)
        return _tr("About {0}").format(words) if preset.limits_are_hints else _tr("Up to {0}").format(words)
    if preset.group is PresetGroup.SERVICE:
        return _tr("As Amazon allows you") if preset.regions else _tr("As your plan allows")
    if preset.group is PresetGroup.SERVER:
        return _tr("You set the limits")
    return _tr("No published limit")


def usage_words(sent: int, limits: Limits) -> str:
    """What went through an account in the last 24 hours."""
    if limits.per_day is None:
        return _tr("{0} in the last 24 hours").format(number(sent)) if sent else _tr("nothing in the last 24 hours")
    return _tr("{0} of {1} in the last 24 hours").format(number(sent), number(limits.per_day))


def initials(name: str) -> str:
    """Two letters that stand for a provider, because its logo is not ours to show."""
    words = [word for word in name.split() if word[0].isalpha()]
    if len(words) > 1 and words[1][0].isupper():
        return words[0][0] + words[1][0]
    return name[:2]


def _tr(text: str) -> str:
    return QCoreApplication.translate("AccountWords", text)
