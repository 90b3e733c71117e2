"""The typeface: the system's own on Windows and macOS, Inter (shipped) elsewhere."""

from __future__ import annotations

import sys

from PySide6.QtGui import QFont, QFontDatabase

from app.ui.theme.resources import FONTS
from app.ui.theme.tokens import Type


def application_font() -> QFont:
    """The font of all body text."""
    if sys.platform in ("win32", "darwin"):
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    else:
        font = QFont(_inter())
    font.setPixelSize(Type.BODY)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def tabular(font: QFont) -> QFont:
    """*font* with digits of one width, so that numbers in a column stand under each other."""
    digits = QFont(font)
    digits.setFeature(QFont.Tag("tnum"), 1)
    return digits


def _inter() -> str:
    family = "Inter"
    for path in sorted(FONTS.glob("Inter-*.otf")):
        handle = QFontDatabase.addApplicationFont(str(path))
        if handle == -1:
            raise RuntimeError(f"{path} is not a font Qt can read")
        family = QFontDatabase.applicationFontFamilies(handle)[0]
    return family
