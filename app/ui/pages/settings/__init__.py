"""Settings: the organisation, the look, and the safety of the workspace."""

from app.ui.pages.settings.page import SettingsPage

__all__ = ["SettingsPage"]
