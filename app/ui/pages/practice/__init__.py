"""The practice inbox: what the practice server accepted, for looking at."""

from app.ui.pages.practice.page import PracticePage

__all__ = ["PracticePage"]
