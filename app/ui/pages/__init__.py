"""The pages of the window. Each is imported on its first visit."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.shell import PageSpec


def page_specs(context: Callable[[], AppContext]) -> list[PageSpec]:
    """All pages, in the order of the sidebar. *context* is asked when a page is first visited: the workspace opens
    after the window."""
    return [
        PageSpec("home", _tr("Home"), "house", lambda: _home(context()), keywords="start overview dashboard"),
        PageSpec("contacts", _tr("Contacts"), "users", lambda: _contacts(context()), keywords="people customers lists"),
        PageSpec("templates", _tr("Templates"), "layout-template", lambda: _templates(context()), keywords="design"),
        PageSpec(
            "campaigns", _tr("Campaigns"), "send", lambda: _campaigns(context()), keywords="newsletter reports send"
        ),
        PageSpec("practice", _tr("Practice inbox"), "inbox", lambda: _practice(context()), keywords="test mail try"),
        PageSpec(
            "accounts", _tr("Accounts"), "at-sign", lambda: _accounts(context()), keywords="smtp server sender from"
        ),
        PageSpec(
            "settings", _tr("Settings"), "settings", lambda: _settings(context()), foot=True, keywords="theme backup"
        ),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Pages", text)


def _home(context: AppContext) -> Page:
    from app.ui.pages.home import HomePage

    return HomePage(context)


def _contacts(context: AppContext) -> Page:
    from app.ui.pages.contacts import ContactsPage

    return ContactsPage(context)


def _templates(context: AppContext) -> Page:
    from app.ui.pages.templates import TemplatesPage

    return TemplatesPage(context)


def _campaigns(context: AppContext) -> Page:
    from app.ui.pages.campaigns import CampaignsPage

    return CampaignsPage(context)


def _practice(context: AppContext) -> Page:
    from app.ui.pages.practice import PracticePage

    return PracticePage(context)


def _accounts(context: AppContext) -> Page:
    from app.ui.pages.accounts import AccountsPage

    return AccountsPage(context)


def _settings(context: AppContext) -> Page:
    from app.ui.pages.settings import SettingsPage

    return SettingsPage(context)
