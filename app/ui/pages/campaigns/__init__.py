"""Campaigns: the list, the draft on its way to being sent, and the report of what became of it."""

from app.ui.pages.campaigns.page import CampaignsPage

__all__ = ["CampaignsPage"]
