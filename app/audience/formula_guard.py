"""Text that a spreadsheet program would run as a formula when the file is opened (CWE-1236).

A contact's name comes from a web form, so anybody can put `=HYPERLINK(…)` into the shop's own export.
"""

import re

# The full-width forms are formulas in Japanese and Chinese Excel.
_STARTERS = "=+-@\t\r\n＝＋－＠"
_NEGATIVE_NUMBER = re.compile(r"-\d{1,15}([.,]\d{1,15})?")
_MARK = "'"


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet program might run *text*; a negative number is only a number."""
    return text[:1] in _STARTERS and text != "" and not _NEGATIVE_NUMBER.fullmatch(text)


def disarm(text: str) -> str:
    """*text* for a CSV file, which has no types: with a leading apostrophe where it looks like a formula.

    Text that begins with one as if it had been disarmed before gets another, so that `rearm` gives it back.
    """
    return _MARK + text if is_formula_like(text.lstrip(_MARK)) else text


def rearm(text: str) -> str:
    """The text that `disarm` was given."""
    return text[1:] if text[:1] == _MARK and is_formula_like(text.lstrip(_MARK)) else text
