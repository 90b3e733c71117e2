"""What a segment can ask: the subjects in their sections, the operators of each, and the values an operator needs.

A form for conditions can be made of it: `catalogue` lists the subjects, each has its operators, each of them its need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.audience.rules import Behaviour, Condition, ConsentKey, Operator, Subject
from app.audience.status import MailStatus
from app.models.fields import FieldInfo
from app.models.states import Channel, ConsentState, FieldType, LawfulBasis


class Need(StrEnum):
    """What values an operator needs."""

    NOTHING = "nothing"
    TEXT = "text"
    TEXTS = "texts"
    """One or more texts; if the subject has `choices`, some of these."""
    NUMBER = "number"
    TWO_NUMBERS = "two_numbers"
    DAY = "day"
    """A day in ISO form."""
    TWO_DAYS = "two_days"
    DAYS = "days"
    """A number of days."""
    MONTH = "month"
    """1 to 12."""
    LAST = "last"
    """How many of the campaigns sent last."""
    SHARE_OF_LAST = "share_of_last"
    """At least how many, and of how many of the campaigns sent last."""
    WORDS = "words"
    """One or more of the subject's `choices`."""
    LISTS = "lists"
    """One or more ids; so are those below."""
    TAGS = "tags"
    TOPICS = "topics"
    SEGMENTS = "segments"
    CAMPAIGNS = "campaigns"

    @property
    def fewest(self) -> int:
        """How many values there must be at least."""
        return _NUMBERS[self][0]

    @property
    def most(self) -> int | None:
        """How many values there may be; None: as many as the user likes."""
        return _NUMBERS[self][1]


_NUMBERS: dict[Need, tuple[int, int | None]] = {
    Need.NOTHING: (0, 0),
    **dict.fromkeys((Need.TEXT, Need.NUMBER, Need.DAY, Need.DAYS, Need.MONTH, Need.LAST), (1, 1)),
    **dict.fromkeys((Need.TWO_NUMBERS, Need.TWO_DAYS, Need.SHARE_OF_LAST), (2, 2)),
    **dict.fromkeys((Need.TEXTS, Need.WORDS), (1, None)),
    **dict.fromkeys((Need.LISTS, Need.TAGS, Need.TOPICS, Need.SEGMENTS, Need.CAMPAIGNS), (1, None)),
}


class Section(StrEnum):
    """Under which heading a subject is offered."""

    PERSON = "person"
    GROUPS = "groups"
    PERMISSION = "permission"
    BEHAVIOUR = "behaviour"
    RECORD = "record"

    @property
    def words(self) -> str:
        """The heading, in English."""
        return _SECTIONS[self]


_SECTIONS = {
    Section.PERSON: "About the person",
    Section.GROUPS: "Lists, tags, topics and segments",
    Section.PERMISSION: "Permission",
    Section.BEHAVIOUR: "What they did with your mail",
    Section.RECORD: "The entry itself",
}


@dataclass(frozen=True, slots=True)
class OperatorInfo:
    """An operator as it is offered for a subject.

    Attributes:
        words: For a list to choose from, in English; “…” stands for what is typed.
        sentence: The condition as it is read aloud: `{0}`, `{1}` stand for the values, `{any}` and `{all}` for all of
            them ("a or b", "a and b"). The subject's label precedes it if it begins with a space.
    """

    operator: Operator
    words: str
    need: Need
    sentence: str


@dataclass(frozen=True, slots=True)
class SubjectInfo:
    """Something that conditions can be about.

    Attributes:
        choices: The values there are and the words for each, if there are only a few.
    """

    subject: Subject
    key: str
    label: str
    section: Section
    operators: tuple[OperatorInfo, ...]
    choices: Mapping[str, str] | None = None
    type: FieldType | None = None

    def operator(self, operator: Operator) -> OperatorInfo | None:
        """What is known of *operator* here; None if it does not fit."""
        return next((info for info in self.operators if info.operator is operator), None)

    def blank(self) -> Condition:
        """A condition about this subject that waits for its values."""
        return Condition(self.subject, self.key, self.operators[0].operator)


O = Operator  # noqa: E741  the tables below are read, not the name

_EMPTY = (
    OperatorInfo(O.IS_EMPTY, "is empty", Need.NOTHING, " is empty"),
    OperatorInfo(O.IS_FILLED, "is filled in", Need.NOTHING, " is filled in"),
)
_SAME = (
    OperatorInfo(O.ONE_OF, "is", Need.TEXTS, " is {any}"),
    OperatorInfo(O.NONE_OF, "is not", Need.TEXTS, " is not {any}"),
)
_TEXT = (
    *_SAME,
    OperatorInfo(O.CONTAINS, "contains", Need.TEXT, " contains “{0}”"),
    OperatorInfo(O.NOT_CONTAINS, "does not contain", Need.TEXT, " does not contain “{0}”"),
    OperatorInfo(O.STARTS_WITH, "begins with", Need.TEXT, " begins with “{0}”"),
    OperatorInfo(O.ENDS_WITH, "ends with", Need.TEXT, " ends with “{0}”"),
    *_EMPTY,
)
_NUMBER = (
    OperatorInfo(O.EQUALS, "is", Need.NUMBER, " is {0}"),
    OperatorInfo(O.NOT_EQUALS, "is not", Need.NUMBER, " is not {0}"),
    OperatorInfo(O.LESS, "is less than", Need.NUMBER, " is less than {0}"),
    OperatorInfo(O.AT_MOST, "is at most", Need.NUMBER, " is at most {0}"),
    OperatorInfo(O.MORE, "is more than", Need.NUMBER, " is more than {0}"),
    OperatorInfo(O.AT_LEAST, "is at least", Need.NUMBER, " is at least {0}"),
    OperatorInfo(O.BETWEEN, "is between", Need.TWO_NUMBERS, " is between {0} and {1}"),
    *_EMPTY,
)
_WHEN = (
    OperatorInfo(O.IN_LAST_DAYS, "in the last … days", Need.DAYS, " in the last {0} days"),
    OperatorInfo(O.MORE_THAN_DAYS_AGO, "more than … days ago", Need.DAYS, " more than {0} days ago"),
    OperatorInfo(O.ON, "on", Need.DAY, " on {0}"),
    OperatorInfo(O.BEFORE, "before", Need.DAY, " before {0}"),
    OperatorInfo(O.AFTER, "after", Need.DAY, " after {0}"),
    OperatorInfo(O.BETWEEN_DATES, "between", Need.TWO_DAYS, " between {0} and {1}"),
)
_DATE = (
    OperatorInfo(O.ANNIVERSARY_IN_NEXT_DAYS, "comes round in the next … days", Need.DAYS, " comes round {within}"),
    OperatorInfo(O.ANNIVERSARY_IN_MONTH, "is in the month of", Need.MONTH, " is in {0}"),
    OperatorInfo(O.IN_NEXT_DAYS, "is in the next … days", Need.DAYS, " is {within}"),
    *(OperatorInfo(one.operator, f"is {one.words}", one.need, f" is{one.sentence}") for one in _WHEN),
    *_EMPTY,
)
_YES_NO = (
    OperatorInfo(O.IS_YES, "is yes", Need.NOTHING, " is yes"),
    OperatorInfo(O.IS_NO, "is no", Need.NOTHING, " is no"),
    *_EMPTY,
)
_CHOICES = (
    OperatorInfo(O.ONE_OF, "has at least one of", Need.TEXTS, " has {any}"),
    OperatorInfo(O.HAS_ALL, "has all of", Need.TEXTS, " has {all}"),
    OperatorInfo(O.NONE_OF, "has none of", Need.TEXTS, " does not have {any}"),
    *_EMPTY,
)
_OF_TYPE: dict[FieldType, tuple[OperatorInfo, ...]] = {
    **dict.fromkeys((FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE), _TEXT),
    **dict.fromkeys((FieldType.COUNTRY, FieldType.LANGUAGE, FieldType.TIME_ZONE, FieldType.CHOICE), (*_SAME, *_EMPTY)),
    FieldType.NUMBER: _NUMBER,
    FieldType.DATE: _DATE,
    FieldType.YES_NO: _YES_NO,
    FieldType.CHOICES: _CHOICES,
}


def _group(subject: Subject, label: str, need: Need, is_in: str, is_not_in: str) -> SubjectInfo:
    operators = [OperatorInfo(O.ONE_OF, f"{is_in} at least one of", need, f"{is_in} {{any}}")]
    if subject is not Subject.SEGMENT:
        operators.append(OperatorInfo(O.HAS_ALL, f"{is_in} all of", need, f"{is_in} {{all}}"))
    operators.append(OperatorInfo(O.NONE_OF, f"{is_not_in} any of", need, f"{is_not_in} {{any}}"))
    return SubjectInfo(subject, "", label, Section.GROUPS, tuple(operators))


_GROUPS = (
    _group(Subject.LIST, "List", Need.LISTS, "is in", "is not in"),
    _group(Subject.TAG, "Tag", Need.TAGS, "has the tag", "does not have the tag"),
    _group(Subject.TOPIC, "Topic", Need.TOPICS, "has topic", "does not have topic"),
    _group(Subject.SEGMENT, "Segment", Need.SEGMENTS, "is in segment", "is not in segment"),
)

_IS_WORD = (
    OperatorInfo(O.ONE_OF, "is", Need.WORDS, " is “{any}”"),
    OperatorInfo(O.NONE_OF, "is not", Need.WORDS, " is not “{any}”"),
)
_STATES = {
    ConsentState.GIVEN.value: "given",
    ConsentState.WITHDRAWN.value: "withdrawn",
    ConsentState.UNKNOWN.value: "not recorded",
}
_BASES = {
    LawfulBasis.CONSENT.value: "consent",
    LawfulBasis.EXISTING_CUSTOMER.value: "existing customer",
    LawfulBasis.LEGITIMATE_INTEREST.value: "legitimate interest",
}
_CHANNELS = {Channel.EMAIL.value: "mail", Channel.PHONE.value: "phone", Channel.POST.value: "post"}
_PERMISSION = (
    SubjectInfo(
        Subject.STATUS,
        "",
        "Status",
        Section.PERMISSION,
        _IS_WORD,
        {status.value: status.words for status in MailStatus},
    ),
    SubjectInfo(Subject.CONSENT, ConsentKey.STATE, "Permission", Section.PERMISSION, _IS_WORD, _STATES),
    SubjectInfo(Subject.CONSENT, ConsentKey.BASIS, "Ground of the permission", Section.PERMISSION, _IS_WORD, _BASES),
    SubjectInfo(
        Subject.CONSENT,
        ConsentKey.CHANNEL,
        "Permission by channel",
        Section.PERMISSION,
        (
            OperatorInfo(O.ONE_OF, "given for", Need.WORDS, "agreed to {any}"),
            OperatorInfo(O.NONE_OF, "not given for", Need.WORDS, "did not agree to {any}"),
        ),
        _CHANNELS,
    ),
    SubjectInfo(
        Subject.CONSENT,
        ConsentKey.SINCE,
        "Permission since",
        Section.PERMISSION,
        tuple(OperatorInfo(one.operator, one.words, one.need, f"gave permission{one.sentence}") for one in _WHEN),
    ),
)


def _behaviour(
    key: Behaviour, label: str, *, did: str, did_not: str, alone: str, not_alone: str, never: str
) -> SubjectInfo:
    """A behaviour, and how it is said: what they *did* to a campaign, and *alone*, when they did it at all."""
    operators = (
        (O.ANY_OF_LAST, "any of the last … campaigns", Need.LAST, f"{did} any of the last {{0}} campaigns"),
        (O.NONE_OF_LAST, "none of the last … campaigns", Need.LAST, f"{did} none of the last {{0}} campaigns"),
        (
            O.AT_LEAST_OF_LAST,
            "at least … of the last … campaigns",
            Need.SHARE_OF_LAST,
            f"{did} at least {{0}} of the last {{1}} campaigns",
        ),
        (O.IN_CAMPAIGN, "the campaign", Need.CAMPAIGNS, f"{did} {{any}}"),
        (O.NOT_IN_CAMPAIGN, "not the campaign", Need.CAMPAIGNS, f"{did_not} {{any}}"),
        (O.IN_LAST_DAYS, "in the last … days", Need.DAYS, f"{alone} in the last {{0}} days"),
        (O.NOT_IN_LAST_DAYS, "not for … days", Need.DAYS, f"{not_alone} for {{0}} days"),
        (O.MORE_THAN_DAYS_AGO, "last more than … days ago", Need.DAYS, f"{alone} last more than {{0}} days ago"),
        (O.EVER, "at any time", Need.NOTHING, f"{alone} at some time"),
        (O.NEVER, "never", Need.NOTHING, never),
    )
    return SubjectInfo(
        Subject.BEHAVIOUR, key, label, Section.BEHAVIOUR, tuple(OperatorInfo(*operator) for operator in operators)
    )


# fmt: off
_BEHAVIOURS = (
    _behaviour(
        Behaviour.OPENED, "Opened",
        did="opened", did_not="did not open", alone="opened", not_alone="did not open", never="never opened",
    ),
    _behaviour(
        Behaviour.CLICKED, "Clicked",
        did="clicked in", did_not="did not click in",
        alone="clicked", not_alone="did not click", never="never clicked",
    ),
    _behaviour(
        Behaviour.SENT, "Was sent",
        did="was sent", did_not="was not sent",
        alone="was sent mail", not_alone="was not sent mail", never="was never sent mail",
    ),
    _behaviour(
        Behaviour.REPLIED, "Replied",
        did="replied to", did_not="did not reply to",
        alone="replied", not_alone="did not reply", never="never replied",
    ),
    _behaviour(
        Behaviour.BOUNCED, "Bounced",
        did="bounced in", did_not="did not bounce in",
        alone="bounced", not_alone="did not bounce", never="never bounced",
    ),
    _behaviour(
        Behaviour.UNSUBSCRIBED, "Unsubscribed",
        did="unsubscribed in", did_not="did not unsubscribe in",
        alone="unsubscribed", not_alone="did not unsubscribe", never="never unsubscribed",
    ),
    _behaviour(
        Behaviour.COMPLAINED, "Complained",
        did="complained about", did_not="did not complain about",
        alone="complained", not_alone="did not complain", never="never complained",
    ),
    SubjectInfo(
        Subject.LINK,
        "",
        "Clicked a link",
        Section.BEHAVIOUR,
        (
            OperatorInfo(O.ONE_OF, "to the address", Need.TEXTS, "clicked the link to {any}"),
            OperatorInfo(O.NONE_OF, "not to the address", Need.TEXTS, "did not click the link to {any}"),
            OperatorInfo(O.CONTAINS, "whose address contains", Need.TEXT, "clicked a link that contains “{0}”"),
            OperatorInfo(O.NOT_CONTAINS, "none that contains", Need.TEXT, "clicked no link that contains “{0}”"),
        ),
    ),
)
# fmt: on
_RECORD = tuple(
    SubjectInfo(
        subject,
        "",
        label,
        Section.RECORD,
        tuple(OperatorInfo(one.operator, one.words, one.need, f"{did}{one.sentence}") for one in _WHEN),
    )
    for subject, label, did in ((Subject.CREATED, "Added", "was added"), (Subject.UPDATED, "Changed", "was changed"))
)

_FIXED = (*_GROUPS, *_PERMISSION, *_BEHAVIOURS, *_RECORD)


def catalogue(
    fields: Sequence[FieldInfo], choices: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[SubjectInfo, ...]:
    """All that can be asked of contacts with these *fields*, in the order in which it is offered.

    Args:
        choices: The values there are of a field, by its key, with the words for each.
    """
    given = choices or {}
    return (
        *(
            SubjectInfo(
                Subject.FIELD,
                field.key,
                field.label,
                Section.PERSON,
                _OF_TYPE[field.type],
                given.get(field.key),
                field.type,
            )
            for field in fields
        ),
        *_FIXED,
    )
