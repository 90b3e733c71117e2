"""The first page: where things stand, and what to do next."""

from app.ui.pages.home.page import HomePage

__all__ = ["HomePage"]
