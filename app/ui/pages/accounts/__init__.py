"""Accounts: how mail leaves, from which addresses, and how much of it."""

from app.ui.pages.accounts.page import AccountsPage

__all__ = ["AccountsPage"]
