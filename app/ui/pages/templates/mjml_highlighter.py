"""Colours in MJML: tags, values and merge fields, enough to see where one ends."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui.theme import Tokens, tokens

_TAG = re.compile(r"</?[A-Za-z][\w-]*|/?>")
_VALUE = re.compile(r'"[^"]*"')
_MERGE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}")


class MjmlHighlighter(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._tokens: Tokens | None = None
        self._formats: dict[re.Pattern[str], QTextCharFormat] = {}
        self.follow_theme()

    def follow_theme(self) -> None:
        """Take the colours now in force."""
        if self._tokens is tokens():
            return
        self._tokens = tokens()
        self._formats = {
            _TAG: _format(self._tokens.info),
            _VALUE: _format(self._tokens.warning),
            _MERGE: _format(self._tokens.on_accent_tint, bold=True),
            _COMMENT: _format(self._tokens.faint),
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for pattern, format_ in self._formats.items():
            for match in pattern.finditer(text):
                self.setFormat(match.start(), len(match[0]), format_)


def _format(color: str, *, bold: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(color))
    if bold:
        made.setFontWeight(QFont.Weight.DemiBold)
    return made
