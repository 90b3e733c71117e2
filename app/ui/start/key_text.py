"""How a recovery key looks: two lines in a face whose letters cannot be mistaken for each other."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase


def two_lines(recovery_text: str) -> str:
    """The groups on two lines of the same length."""
    groups = recovery_text.split("-")
    half = len(groups) // 2
    return "-".join(groups[:half]) + "-\n" + "-".join(groups[half:])


def key_font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(15)
    return font
