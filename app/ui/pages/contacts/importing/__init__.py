"""Bringing a spreadsheet in, step by step."""

from app.ui.pages.contacts.importing.sheet import ImportSheet

__all__ = ["ImportSheet"]
