"""Campaigns: the list, the draft on its way to being sent, and the report of what became of it.

The home page and the sidebar need the words and numbers of this package long before anybody opens the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.pages.campaigns.page import CampaignsPage

__all__ = ["CampaignsPage"]


def __getattr__(name: str) -> object:
    if name == "CampaignsPage":
        from app.ui.pages.campaigns.page import CampaignsPage

        return CampaignsPage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
