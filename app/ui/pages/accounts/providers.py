"""What the big providers want that people do not expect, found by the server's or the address's domain."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication


@dataclass(frozen=True)
class Provider:
    """
    Attributes:
        domains: Ends of server names and of addresses.
        password: What to type as password.
        limits: How much it lets people send.
    """

    domains: tuple[str, ...]
    password: str
    limits: str


def _providers() -> tuple[Provider, ...]:
    return (
        Provider(
            ("gmail.com", "googlemail.com", "google.com"),
            _tr(
                "Gmail takes an app password here, not your usual one: turn on 2-step verification in your Google "
                "account, then create one at myaccount.google.com/apppasswords.",
            ),
            _tr("Gmail allows 500 mails a day, Google Workspace 2,000."),
        ),
        Provider(
            ("outlook.com", "hotmail.com", "live.com", "office365.com", "microsoft.com"),
            _tr(
                "Microsoft 365 lets programs sign in only where your administrator has allowed “Authenticated SMTP” "
                "for the mailbox. Outlook.com and Hotmail no longer take passwords from other programs.",
            ),
            _tr("Microsoft 365 allows 30 mails a minute and 10,000 recipients a day."),
        ),
        Provider(
            ("yahoo.com", "yahoo.de", "yahoo.co.uk", "yahoo.fr", "aol.com"),
            _tr("Yahoo takes an app password here: create one under Account Info, Security."),
            _tr("Yahoo allows about 500 mails a day."),
        ),
        Provider(
            ("icloud.com", "me.com", "mac.com"),
            _tr("iCloud takes an app-specific password here: create one at account.apple.com."),
            _tr("iCloud allows 1,000 mails a day."),
        ),
        Provider(
            ("gmx.net", "gmx.de", "gmx.com", "web.de"),
            _tr(
                "GMX and WEB.DE must be told first: switch on “POP3/IMAP access” in the settings of the mailbox.",
            ),
            "",
        ),
        Provider(
            ("amazonaws.com",),
            _tr(
                "Amazon SES has SMTP credentials of its own: create them in the SES console under “SMTP settings”. "
                "They are not your AWS keys.",
            ),
            _tr("The SES console shows your limits per second and per day under “Account dashboard”."),
        ),
    )


def provider_of(*names: str) -> Provider | None:
    """The provider that one of these servers or addresses belongs to."""
    for name in names:
        domain = name.strip().lower().rpartition("@")[2]
        for provider in _providers():
            if any(domain == known or domain.endswith(f".{known}") for known in provider.domains):
                return provider
    return None


def password_hint(provider: Provider | None) -> str:
    return provider.password if provider else ""


def limits_hint(provider: Provider | None) -> str:
    return provider.limits if provider else ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Providers", text)
