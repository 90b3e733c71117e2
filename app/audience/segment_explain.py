"""Why a contact is in a segment or not: what of the rule is true of it, part by part, and what is so instead."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.cells import CellValue, reader_of
from app.audience.fields import column_of
from app.audience.rules import Behaviour, Condition, ConsentKey, Operator, Path, Rule, Subject
from app.audience.segment_behaviour import last_times
from app.audience.segment_catalogue import Need
from app.audience.segment_checks import problems
from app.audience.segment_known import Known, read_known
from app.audience.segment_plan import condition_for
from app.audience.segment_sql import answerable_plan
from app.audience.segment_words import condition_words, day_words
from app.audience.status import MailStatus, contact_and_block, mail_status
from app.audience.values import as_text
from app.errors import UserFacingError
from app.models.base import from_ms
from app.models.contacts import Contact
from app.models.states import ConsentState
from app.models.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a part of a rule is true of a contact.

    Attributes:
        path: Where the part stands in its rule.
        words: The condition read aloud, or the heading of the group.
        fact: What is so: "it is AT"; empty where the condition says it all.
        parts: Of a group its parts, of a condition on segments the rules of these.
    """

    path: Path
    is_true: bool
    words: str
    fact: str = ""
    parts: "tuple[Explanation, ...]" = ()

    @property
    def sentence(self) -> str:
        """Words and fact in one: "Country is DE: it is AT"."""
        return f"{self.words}: {self.fact}" if self.fact else self.words


def explain(workspace: Workspace, rule: Rule, contact_id: int, *, now: datetime | None = None) -> Explanation:
    """What of *rule* is true of the contact.

    Raises:
        UserFacingError: the contact is gone, or the rule cannot be answered, and so nobody is in it.
    """
    with workspace.read() as session:
        known = read_known(session, now=now)
        for problem in problems(rule, known):
            raise UserFacingError(f"Nobody is in this segment. {problem.sentence}", "Change that part of it.")
        if session.get(Contact, contact_id) is None:
            raise UserFacingError("This contact is not there any more.", "Perhaps it was deleted meanwhile.")
        return _Explainer(session, known, contact_id).explain(rule)


class _Explainer:
    """Explains rules about one contact."""

    def __init__(self, session: Session, known: Known, contact_id: int) -> None:
        self._session = session
        self._known = known
        self._contact_id = contact_id

    def explain(self, rule: Rule, path: Path = ()) -> Explanation:
        """What of *rule* is true."""
        if isinstance(rule, Condition):
            return self._condition(rule, path)
        parts = tuple(self.explain(part, (*path, place)) for place, part in enumerate(rule.parts))
        return Explanation(path, self._holds(rule), rule.mode.words, parts=parts)

    def _condition(self, condition: Condition, path: Path) -> Explanation:
        text = condition_words(condition, self._known)
        text = text[:1].upper() + text[1:]
        parts = tuple(self._segments(condition)) if condition.subject is Subject.SEGMENT else ()
        return Explanation(path, self._holds(condition), text, self._fact(condition), parts)

    def _segments(self, condition: Condition) -> Iterator[Explanation]:
        for value in condition.values:
            rule = self._known.rules[int(value)]
            if rule is not None:
                inner = self.explain(rule)
                name = self._known.names[Need.SEGMENTS][int(value)]
                yield Explanation((), inner.is_true, f"Segment {name}", parts=(inner,))

    def _holds(self, rule: Rule) -> bool:
        plan = answerable_plan(self._session, rule, self._known)
        return bool(self._one(condition_for(plan, self._contact_id)))

    def _one(self, *columns: Any) -> Any:
        return self._session.execute(select(*columns).where(Contact.id == self._contact_id)).one()[0]

    def _fact(self, condition: Condition) -> str:
        match condition.subject:
            case Subject.FIELD:
                field = self._known.fields[condition.key]
                return _cell_fact(reader_of(field.type)(self._one(column_of(field))))
            case Subject.CREATED:
                return self._moment(self._one(Contact.created_at))
            case Subject.UPDATED:
                return self._moment(self._one(Contact.updated_at))
            case Subject.STATUS:
                status = self._session.execute(
                    select(mail_status).select_from(contact_and_block).where(Contact.id == self._contact_id)
                ).scalar_one()
                return f"it is “{MailStatus(status).words}”"
            case Subject.CONSENT if condition.key == ConsentKey.STATE:
                return f"it is “{_CONSENT[self._one(Contact.consent)]}”"
            case Subject.BEHAVIOUR:
                return self._behaviour_fact(condition)
            case _:
                return ""

    def _behaviour_fact(self, condition: Condition) -> str:
        if condition.operator is Operator.AT_LEAST_OF_LAST:
            return f"it was {self._number_of_last(condition)} of them"
        if condition.operator not in _ABOUT_TIME:
            return ""
        times = [
            self._session.scalar(select(func.max(time)).where(time.class_.contact_id == self._contact_id))
            for time in last_times(Behaviour(condition.key))
        ]
        told = [time for time in times if time is not None]
        return f"the last time was {self._moment(max(told))}" if told else "it never happened"

    def _number_of_last(self, condition: Condition) -> int:
        """In how many of the campaigns a condition names the contact did it."""
        last = self._known.last_campaigns[: int(condition.values[1])]
        each = (
            Condition(Subject.BEHAVIOUR, condition.key, Operator.IN_CAMPAIGN, (str(campaign_id),))
            for campaign_id in last
        )
        return sum(self._holds(one) for one in each)

    def _moment(self, moment: datetime | int) -> str:
        aware = from_ms(moment) if isinstance(moment, int) else moment
        return f"on {day_words(aware.astimezone(self._known.zone).date())}"


_ABOUT_TIME = frozenset(
    {Operator.IN_LAST_DAYS, Operator.NOT_IN_LAST_DAYS, Operator.MORE_THAN_DAYS_AGO, Operator.EVER, Operator.NEVER}
)
_CONSENT = {
    ConsentState.GIVEN: "given",
    ConsentState.WITHDRAWN: "withdrawn",
    ConsentState.UNKNOWN: "not recorded",
}


def _cell_fact(value: CellValue) -> str:
    text = as_text(value)
    return f"it is {text}" if text else "it is empty"
