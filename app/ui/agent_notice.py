"""Tells the user when the agent is in trouble; the calm cases pass in silence."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.sending.supervisor import AgentNews, AgentState
from app.ui.theme import Kind
from app.ui.widgets.toast import Toast

_LONGEST = 200


def notice(news: AgentNews) -> Toast | None:
    """What to say about *news*; None if nothing."""
    if news.state is not AgentState.RESTARTING:
        return None
    lines = news.detail.splitlines()
    return Toast(
        _tr("Sending stopped unexpectedly. It starts again in {0} s.").format(round(news.retry_in_s)),
        Kind.WARNING,
        hint=lines[-1][:_LONGEST] if lines else "",
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("AgentNotice", text)
