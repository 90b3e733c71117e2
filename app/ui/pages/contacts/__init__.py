"""Contacts: the grid, a person in full, lists and tags, import and export."""

from app.ui.pages.contacts.page import ContactsPage

__all__ = ["ContactsPage"]
