"""Templates: the gallery of designs, and one of them opened to look at, to correct and to try on people."""

from app.ui.pages.templates.page import TemplatesPage

__all__ = ["TemplatesPage"]
