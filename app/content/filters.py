"""Filters for merge fields: `{{ first_name|default("friend") }}`, `{{ renewal|date }}`, `{{ fee|money("$1,234") }}`."""

import datetime as dt
import decimal
import re

from jinja2 import Undefined
from jinja2.exceptions import TemplateRuntimeError

_SAMPLE = re.compile(r"(?P<before>\D*)1(?P<group>\D?)234(?:(?P<point>[.,])(?P<cents>\d+))?(?P<after>\D*)")


class FilterMisuse(TemplateRuntimeError):
    """A filter was given something it cannot work with; the message says what it needs."""


def is_blank(value: object) -> bool:
    """Whether a field has nothing to show: missing, None, or only white space. Zero and False are values."""
    return value is None or isinstance(value, Undefined) or (isinstance(value, str) and not value.strip())


def default(value: object, fallback: object = "") -> object:
    """*value*, or *fallback* where the contact has nothing in this field."""
    return fallback if is_blank(value) else value


def date(value: object, pattern: str = "%d.%m.%Y") -> object:
    """A date in the form of *pattern* (as `strftime`); what is not a date is shown as it is.

    Text counts as a date in ISO 8601 form (`2026-11-24`).
    """
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    return value.strftime(pattern) if isinstance(value, dt.date) else value


def money(value: object, sample: str = "1,234.50") -> object:
    """An amount written like *sample*, which is the amount 1234.50: `"1.234,50 €"`, `"$1,234.50"`, `"CHF 1'234"`.

    Halves are rounded up, as bills do. What is not a number is shown as it is.

    Raises:
        FilterMisuse: *sample* does not show how to write 1234.50.
    """
    style = _SAMPLE.fullmatch(sample)
    if style is None:
        raise FilterMisuse(f'money needs a sample like "1,234.50", not "{sample}"')
    try:
        amount = decimal.Decimal(str(value).strip())
    except decimal.InvalidOperation:
        return value
    if not amount.is_finite():
        return value
    cents = decimal.Decimal(1).scaleb(-len(style["cents"] or ""))
    digits = f"{abs(amount).quantize(cents, decimal.ROUND_HALF_UP):,}"
    digits = digits.replace(",", "\0").replace(".", style["point"] or "").replace("\0", style["group"])
    before, after = (part.replace(" ", "\u00a0") for part in (style["before"], style["after"]))
    return f"{'-' if amount < 0 else ''}{before}{digits}{after}"
