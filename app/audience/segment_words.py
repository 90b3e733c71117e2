"""A rule as it is read aloud: "Country is DE and opened any of the last 3 campaigns"."""

from collections.abc import Sequence
from datetime import date

from app.audience.rules import Condition, Mode, Rule
from app.audience.segment_catalogue import Need, OperatorInfo, SubjectInfo
from app.audience.segment_known import Known

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_GONE = "(deleted)"
_BLANK = "…"


def words(rule: Rule, known: Known) -> str:
    """*rule* in one English sentence, without a full stop."""
    text = _words(rule, known)
    return text[:1].upper() + text[1:]


def _words(rule: Rule, known: Known, *, is_inner: bool = False) -> str:
    if isinstance(rule, Condition):
        return condition_words(rule, known)
    if not rule.parts:
        return "nobody yet"
    parts = [_words(part, known, is_inner=True) for part in rule.parts]
    if rule.mode is Mode.NONE:
        return f"none of these: ({' or '.join(parts)})"
    text = (" and " if rule.mode is Mode.ALL else " or ").join(parts)
    return f"({text})" if is_inner and len(parts) > 1 else text


def condition_words(condition: Condition, known: Known) -> str:
    """One condition as it is read aloud; what is not typed yet is "…"."""
    info = known.subject_of(condition)
    if info is None:
        return f"{condition.key} {_GONE}"
    operator = info.operator(condition.operator)
    if operator is None:
        return f"{info.label} {condition.operator.value}"
    values = [value_words(value, operator, info, known) for value in condition.values]
    blanks = [*values, *[_BLANK] * max(0, operator.need.fewest - len(values))]
    sentence = _fill(operator.sentence, blanks)
    return f"{info.label}{sentence}" if sentence.startswith(" ") else sentence


def _fill(sentence: str, values: Sequence[str]) -> str:
    days = values[0] if values else ""
    within = {"0": "today", "1": "today or tomorrow"}.get(days, f"in the next {days} days")
    # Not str.format on the result: a value may hold braces.
    filled = sentence.format(*values, any=_joined(values, " or "), all=_joined(values, " and "), within=within)
    return (
        filled.replace(" last 1 days", " last day")
        .replace(" 1 days", " 1 day")
        .replace("last 1 campaigns", "last campaign")
    )


def value_words(value: str, operator: OperatorInfo, info: SubjectInfo, known: Known) -> str:
    """One value as it is shown: the name of a list, the month, a text as it is."""
    named = known.names.get(operator.need)
    if named is not None:
        name = named.get(int(value)) if value.isascii() and value.isdecimal() else None
        return _GONE if name is None else f"“{name}”" if operator.need is Need.CAMPAIGNS else name
    if operator.need is Need.MONTH and value.isdecimal() and 1 <= int(value) <= 12:
        return _MONTHS[int(value) - 1]
    if info.choices and value in info.choices:
        return info.choices[value]
    return value.strip() or _BLANK


def day_words(day: date) -> str:
    """A day as it is read: "3 March 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _joined(values: Sequence[str], between: str) -> str:
    if len(values) <= 2:
        return between.join(values)
    return f"{', '.join(values[:-1])}{between}{values[-1]}"
