"""The rules of segments: trees of conditions that a person could read aloud.

A rule is data. `segment_catalogue` says what can be asked, `segment_words` reads a rule aloud, `segment_sql` turns it
into one statement, `segment_explain` says of one person which parts are true.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from app.errors import UserFacingError

W = TypeVar("W", bound=StrEnum)

MAX_DEPTH = 8
"""How many groups may stand one in another."""
MAX_CONDITIONS = 100
"""How many conditions a rule may have: more than anybody reads."""
MAX_VALUES = 1_000
"""How many values a condition may have."""


class Mode(StrEnum):
    """How the parts of a group are taken together."""

    ALL = "all"
    ANY = "any"
    NONE = "none"

    @property
    def words(self) -> str:
        """The heading of a group, in English."""
        return _MODES[self]


_MODES = {
    Mode.ALL: "All of these are true",
    Mode.ANY: "At least one of these is true",
    Mode.NONE: "None of these is true",
}


class Subject(StrEnum):
    """What a condition is about. Of FIELD, CONSENT and BEHAVIOUR the `key` of the condition says which."""

    FIELD = "field"
    LIST = "list"
    TAG = "tag"
    TOPIC = "topic"
    SEGMENT = "segment"
    STATUS = "status"
    CONSENT = "consent"
    BEHAVIOUR = "behaviour"
    LINK = "link"
    CREATED = "created"
    UPDATED = "updated"


class ConsentKey(StrEnum):
    """What can be asked about the permission of a person."""

    STATE = "state"
    BASIS = "basis"
    CHANNEL = "channel"
    SINCE = "since"


class Behaviour(StrEnum):
    """What a person can have done with the messages, or have had done to them. Who clicked has opened."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


class Operator(StrEnum):
    """What a condition says about its subject. The catalogue tells which fit which, and what values each needs."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    HAS_ALL = "has_all"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"
    IS_YES = "is_yes"
    IS_NO = "is_no"

    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"

    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN_DATES = "between_dates"
    IN_LAST_DAYS = "in_last_days"
    NOT_IN_LAST_DAYS = "not_in_last_days"
    MORE_THAN_DAYS_AGO = "more_than_days_ago"
    IN_NEXT_DAYS = "in_next_days"
    ANNIVERSARY_IN_NEXT_DAYS = "anniversary_in_next_days"
    ANNIVERSARY_IN_MONTH = "anniversary_in_month"

    EVER = "ever"
    NEVER = "never"
    IN_CAMPAIGN = "in_campaign"
    NOT_IN_CAMPAIGN = "not_in_campaign"
    ANY_OF_LAST = "any_of_last"
    NONE_OF_LAST = "none_of_last"
    AT_LEAST_OF_LAST = "at_least_of_last"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is true of a person or not.

    Attributes:
        key: Which field (its merge name), which `ConsentKey` or which `Behaviour`; empty for the other subjects.
        values: What *operator* needs, each as a text: a number "1.5", a day "2026-01-31", the id of a list "7".
    """

    subject: Subject
    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Rules taken together. A group without parts says nothing yet, so nobody is in it, whatever its mode."""

    mode: Mode = Mode.ALL
    parts: "tuple[Rule, ...]" = ()


Rule: TypeAlias = Group | Condition

Path: TypeAlias = tuple[int, ...]
"""Where a rule stands in a tree: from the top, which part of each group. The top itself is ()."""


def conditions_of(rule: Rule, path: Path = ()) -> Iterator[tuple[Path, Condition]]:
    """Every condition in *rule*, and where it stands."""
    if isinstance(rule, Condition):
        yield path, rule
    else:
        for place, part in enumerate(rule.parts):
            yield from conditions_of(part, (*path, place))


def part_at(rule: Rule, path: Path) -> Rule:
    """The part of *rule* that stands at *path*.

    Raises:
        LookupError: there is none.
    """
    for place in path:
        if isinstance(rule, Condition):
            raise LookupError("a condition has no parts")  # noqa: TRY004  the path leads nowhere
        rule = rule.parts[place]
    return rule


def segments_in(rule: Rule) -> frozenset[int]:
    """The ids of the segments that *rule* names itself."""
    named = (one for _, one in conditions_of(rule) if one.subject is Subject.SEGMENT)
    return frozenset(int(value) for one in named for value in one.values if value.isdecimal())


def to_json(rule: Rule) -> dict[str, object]:
    """The form in which a segment stores *rule*."""
    if isinstance(rule, Group):
        return {"mode": rule.mode.value, "parts": [to_json(part) for part in rule.parts]}
    return {
        "subject": rule.subject.value,
        **({"key": rule.key} if rule.key else {}),
        "operator": rule.operator.value,
        **({"values": list(rule.values)} if rule.values else {}),
    }


def from_json(stored: Mapping[str, object]) -> Rule:
    """The rule that `to_json` gave.

    Raises:
        UserFacingError: it says something this version does not know; to leave that out could mean too many people.
    """
    return _read(stored, MAX_DEPTH, _Budget(MAX_CONDITIONS))


class _Budget:
    """How many conditions may still come."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise UserFacingError(
                f"A segment can have {MAX_CONDITIONS} conditions.", "Make several segments, and one that names them."
            )


def _read(stored: object, depth: int, budget: _Budget) -> Rule:
    if not isinstance(stored, Mapping):
        raise _of_a_newer_version("a part that is no rule")
    if depth < 0:
        raise UserFacingError(
            f"Groups can stand {MAX_DEPTH} deep one in another.", "Make a segment of the inner part, and name that."
        )
    if "mode" in stored:
        _refuse_unknown(stored, {"mode", "parts"})
        mode, parts = _word(Mode, stored["mode"]), stored.get("parts", [])
        if not isinstance(parts, list):
            raise _of_a_newer_version("parts")
        return Group(mode, tuple(_read(part, depth - 1, budget) for part in parts))
    _refuse_unknown(stored, {"subject", "key", "operator", "values"})
    budget.take()
    key, values = stored.get("key", ""), stored.get("values", [])
    if not isinstance(key, str) or not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise _of_a_newer_version("key or values")
    if len(values) > MAX_VALUES:
        raise UserFacingError(f"A condition can have {MAX_VALUES:,} values.", "Make a list of these people instead.")
    subject = _word(Subject, stored.get("subject"))
    if (kinds := _KEYS.get(subject)) is not None:
        _word(kinds, key)
    return Condition(subject, key, _word(Operator, stored.get("operator")), tuple(values))


_KEYS: dict[Subject, type[StrEnum]] = {Subject.CONSENT: ConsentKey, Subject.BEHAVIOUR: Behaviour}


def _refuse_unknown(stored: Mapping[str, object], known: set[str]) -> None:
    if unknown := stored.keys() - known:
        raise _of_a_newer_version(", ".join(sorted(map(str, unknown))))


def _word(words: type[W], stored: object) -> W:
    if stored not in set(words):
        raise _of_a_newer_version(f"{words.__name__} {stored}")
    return words(str(stored))


def _of_a_newer_version(detail: str) -> UserFacingError:
    return UserFacingError(
        "This segment asks something this version does not know.",
        "Install the newest version of the program.",
        detail=detail,
    )
