"""What keeps a rule from being answered: values that are not typed yet, and names of what is not there any more.

Such a rule has nobody in it, as a whole: to leave a part out could mean too many people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.audience.cells import parse_cell
from app.audience.rules import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_VALUES,
    Condition,
    Group,
    Path,
    Rule,
    Subject,
    conditions_of,
)
from app.audience.segment_catalogue import Need, OperatorInfo, SubjectInfo
from app.audience.segment_known import Known
from app.audience.values import BadValue
from app.errors import UserFacingError
from app.models.states import FieldType

MOST_DAYS = 36_500
"""A hundred years."""
MOST_CAMPAIGNS = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the part of a rule at `path` cannot be answered; `is_unfinished` if only something is not typed yet."""

    path: Path
    sentence: str
    is_unfinished: bool = False


def problems(rule: Rule, known: Known, *, within: int | None = None) -> tuple[Problem, ...]:
    """What keeps *rule* from being answered; nothing if all is well.

    Args:
        within: The id of the segment whose rule it is (to become), which it must not lead back to.
    """
    return tuple(_problems(rule, known, frozenset() if within is None else frozenset({within})))


def require_answerable(rule: Rule, known: Known, *, within: int | None = None) -> None:
    """Refuse a rule that cannot be answered.

    Raises:
        UserFacingError: the first of its `problems`.
    """
    for problem in problems(rule, known, within=within):
        raise UserFacingError(problem.sentence, "Change that part of the segment, or take it out.")


def _problems(rule: Rule, known: Known, leading_here: frozenset[int]) -> Iterator[Problem]:
    yield from _shape_problems(rule)
    for path, condition in conditions_of(rule):
        info = known.subject_of(condition)
        operator = info.operator(condition.operator) if info else None
        if info is None:
            yield Problem(path, f"There is no field “{condition.key}” any more.")
        elif operator is None:
            yield Problem(path, f"“{info.label}” cannot be asked that way.")
        else:
            for sentence in _value_problems(condition, info, operator):
                yield Problem(path, sentence, is_unfinished=True)
            for sentence in _missing(condition, operator, known):
                yield Problem(path, sentence)
            if condition.subject is Subject.SEGMENT:
                for sentence in _segment_problems(condition, known, leading_here):
                    yield Problem(path, sentence)


def _shape_problems(rule: Rule, path: Path = ()) -> Iterator[Problem]:
    if not path and sum(1 for _ in conditions_of(rule)) > MAX_CONDITIONS:
        yield Problem(path, f"A segment can have {MAX_CONDITIONS} conditions.")
    if isinstance(rule, Condition):
        return
    if not rule.parts:
        yield Problem(path, "This group says nothing yet.", is_unfinished=True)
    if len(path) > MAX_DEPTH:
        yield Problem(path, f"Groups can stand {MAX_DEPTH} deep one in another.")
        return
    for place, part in enumerate(rule.parts):
        if isinstance(part, Group):
            yield from _shape_problems(part, (*path, place))


def _value_problems(condition: Condition, info: SubjectInfo, operator: OperatorInfo) -> Iterator[str]:
    need, values = operator.need, condition.values
    if len(values) < need.fewest or not all(value.strip() for value in values):
        yield f"“{info.label}” ({operator.words}): say {_ASKED[need]}."
        return
    if len(values) > (MAX_VALUES if need.most is None else need.most):
        yield f"“{info.label}” ({operator.words}) has too many values."
        return
    try:
        _check_values(need, values, info)
    except BadValue as error:
        yield f"“{info.label}”: {error.title}"


def _check_values(need: Need, values: tuple[str, ...], info: SubjectInfo) -> None:
    if need in _WHOLE:
        _whole(values[0], *_WHOLE[need])
    elif need is Need.SHARE_OF_LAST:
        _whole(values[0], 1, _whole(values[1], 1, MOST_CAMPAIGNS))
    for value in values:
        if need in {Need.DAY, Need.TWO_DAYS}:
            _day(value)
        elif need in {Need.NUMBER, Need.TWO_NUMBERS}:
            parse_cell(value, FieldType.NUMBER)
        elif need is Need.WORDS and value not in (info.choices or {}):
            raise BadValue(f"There is no “{value}” to choose.")
        elif need is Need.TEXTS and info.type in _CHECKED_TYPES:
            parse_cell(value, info.type)


_WHOLE = {Need.DAYS: (0, MOST_DAYS), Need.MONTH: (1, 12), Need.LAST: (1, MOST_CAMPAIGNS)}
_CHECKED_TYPES = frozenset({FieldType.COUNTRY, FieldType.LANGUAGE, FieldType.TIME_ZONE})


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        raise BadValue(f"“{text[:20]}” must be a whole number from {least} to {most:,}.")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadValue(f"“{text[:20]}” is not a day.", detail=str(error)) from error


def _missing(condition: Condition, operator: OperatorInfo, known: Known) -> Iterator[str]:
    named = known.names.get(operator.need)
    if named is not None:
        for value in condition.values:
            if value.strip() and not (value.isascii() and value.isdecimal() and int(value) in named):
                yield f"A {_THING[operator.need]} that this segment names was deleted."


def _segment_problems(condition: Condition, known: Known, leading_here: frozenset[int]) -> Iterator[str]:
    for value in condition.values:
        number = int(value) if value.isascii() and value.isdecimal() else None
        if number is None or number not in known.rules:
            continue
        name = known.names[Need.SEGMENTS][number]
        inner = known.rules[number]
        if number in leading_here:
            yield f"The segment “{name}” leads back to itself."
        elif inner is None:
            yield f"The segment “{name}” asks something this version of the program does not know."
        else:
            within = next(_problems(inner, known, leading_here | {number}), None)
            if within is not None:
                yield f"The segment “{name}” has nobody in it: {within.sentence}"


_THING = {
    Need.LISTS: "list",
    Need.TAGS: "tag",
    Need.TOPICS: "topic",
    Need.SEGMENTS: "segment",
    Need.CAMPAIGNS: "campaign",
}
_ASKED = {
    Need.NOTHING: "nothing more",
    Need.TEXT: "what",
    Need.TEXTS: "what",
    Need.NUMBER: "how much",
    Need.TWO_NUMBERS: "from and to",
    Need.DAY: "which day",
    Need.TWO_DAYS: "from and to",
    Need.DAYS: "how many days",
    Need.MONTH: "which month",
    Need.LAST: "how many campaigns",
    Need.SHARE_OF_LAST: "how many, and of how many",
    Need.WORDS: "which",
    **{need: f"which {thing}" for need, thing in _THING.items()},
}
