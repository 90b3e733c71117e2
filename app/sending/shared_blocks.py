"""Limits that all agents of a workspace keep together: blocks of messages, taken from the database.

Each step here runs in a short transaction that locks the account's row of `account_pace`, so that one agent at a time
decides (a file has one writer anyway). `account_usage` counts what is reserved, before it leaves; what is given back is
taken out again. Messages are spaced by the generic cell rate algorithm (ITU-T I.371): `account_pace.next_us` is the
moment that nobody has been given yet, by the database's clock. A limit a minute is spaced too, as the history knows
whole minutes only.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, extract, func, select, update
from sqlalchemy.orm import Session

from app.models.accounts import AccountPace, AccountUsage
from app.models.sql import is_postgresql, upsert
from app.sending.brakes import cap_words
from app.sending.clock import Clock
from app.sending.limits import Limits
from app.sending.pace import DECREASE_EVERY_S, Pace, slower_than
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

US = 1_000_000
_MINUTE_US = 60 * US
_HOUR_MINUTES, _DAY_MINUTES, _30_DAYS_MINUTES = 60, 24 * 60, 30 * 24 * 60

BLOCK_S = 0.3
"""How much sending a block is for. Longer, and an agent that ends takes more with it; shorter costs transactions."""
_STALE_S = 0.1
UNSPACED_VALID_S = 1.0
"""How long a block whose messages are not spaced may be used."""


def stale_s(spacing_s: float) -> float:
    """How late a moment may still be used. What is older is given back, as the next moments have their own messages."""
    return max(_STALE_S, spacing_s / 4)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an account must keep to, whoever sends through it."""

    account_id: int
    limits: Limits
    window: SendingWindow
    warm_up: WarmUp | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A block of messages, or the time to wait for one. All moments are microseconds since 1970, by the database.

    Attributes:
        now_us: When it was given.
        count: How many messages it is for; 0 for none.
        first_us, spacing_us: When the first of them may go, and how long after it each next one.
        end_us: The moment of the message after the last.
        valid_until_us: What has not gone by then must be given back.
        minute: The minute since 1970 that it was counted in: none of its messages goes later than that.
        wait_us: How long to wait before asking again, if it is for none.
        words: What holds messages back, to follow "Waiting for"; empty if nothing does.
    """

    now_us: int
    count: int = 0
    first_us: int = 0
    spacing_us: int = 0
    end_us: int = 0
    valid_until_us: int = 0
    minute: int = 0
    wait_us: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """Messages that were reserved and did not go, with the minute they were counted in.

    With an `end_us` they are the last of a block that ends then, and nobody's moments are later: the moments may be
    given to somebody else.
    """

    count: int
    minute: int
    end_us: int = 0
    spacing_us: int = 0


class Totals:
    """How much an account reserved since a minute. What left before the present minute is added up once a minute."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id
        self._minute = 0
        self._before: dict[int, int] = {}

    def since(self, session: Session, since: int, minute: int) -> int:
        """How many messages there are from the minute *since* on; *minute* is the present one."""
        if minute != self._minute:
            self._minute, self._before = minute, {}
        if since not in self._before:
            self._before[since] = self._sum(session, AccountUsage.minute >= since, AccountUsage.minute < minute)
        return self._before[since] + self._sum(session, AccountUsage.minute >= max(since, minute))

    def forget(self) -> None:
        """Add up anew: something was taken out."""
        self._before = {}

    def _sum(self, session: Session, *conditions: ColumnElement[bool]) -> int:
        total = session.scalar(
            select(func.coalesce(func.sum(AccountUsage.count), 0)).where(
                AccountUsage.account_id == self._account_id, *conditions
            )
        )
        return int(total or 0)


class _Window(NamedTuple):
    """A limit on what leaves from the minute `since` on. `length` is how many minutes it is long; 0 for a day that ends
    at `ends_us`.
    """

    limit: int
    since: int
    length: int
    ends_us: int
    words: str


def lock(session: Session, account_id: int) -> AccountPace:
    """The account's row, made if there is none, and nobody else's until the transaction ends."""
    locking = select(AccountPace).where(AccountPace.account_id == account_id).with_for_update()
    row = session.scalar(locking)
    if row is None:
        making = upsert(session, AccountPace).values(account_id=account_id, next_us=0)
        session.execute(making.on_conflict_do_nothing())
        row = session.scalars(locking).one()
    return row


def database_now_us(session: Session, clock: Clock) -> int:
    """The present moment by the clock that all agents share: the server's; with a file, this computer's."""
    if not is_postgresql(session):
        return round(clock.utcnow().timestamp() * US)
    return round(session.scalars(select(extract("epoch", func.clock_timestamp()))).one() * US)


def take(session: Session, row: AccountPace, rules: Rules, totals: Totals, *, wanted: int, now_us: int) -> Grant:
    """Reserve a block, for *wanted* messages at most where they are not spaced; *row* is locked."""
    held_us = _us(row.hold_until) - now_us
    if held_us > 0:
        return Grant(now_us, wait_us=held_us, words="the time after which the server wants to hear from us again")
    rate, words = _rate(row, rules.limits, now_us)
    first_us = max(row.next_us, now_us) if rate else now_us
    at = dt.datetime.fromtimestamp(first_us / US, dt.UTC)
    closes = rules.window.closes_at(at)
    if closes is not None and closes <= at:
        opens = rules.window.next_opening(at)
        return Grant(now_us, wait_us=_us(opens) - now_us, words=rules.window.opening_words(opens))
    room, refusal = _room(session, rules, totals, now_us=now_us, first_us=first_us)
    if refusal is not None:
        return refusal
    ends_us = min(_us(closes) if closes else first_us + _MINUTE_US, _day_of(rules.window, first_us)[1])
    spacing_us = round(US / rate) if rate else 0
    count = max(1, round(rate * BLOCK_S)) if rate else wanted
    if spacing_us:
        count = min(count, max(1, (ends_us - first_us) // spacing_us))
    count = min(count, room) if room is not None else count
    end_us = first_us + count * spacing_us
    valid_s = stale_s(spacing_us / US) if spacing_us else UNSPACED_VALID_S
    valid_until_us = min(end_us - spacing_us + round(valid_s * US), ends_us - 1)
    minute = valid_until_us // _MINUTE_US
    if spacing_us:
        row.next_us = end_us
    _count(session, rules.account_id, minute, count)
    return Grant(now_us, count, first_us, spacing_us, end_us, valid_until_us, minute, words=words)


def give_back(session: Session, row: AccountPace, returned: Returned) -> None:
    """Take out what was reserved and did not go; *row* is locked."""
    session.execute(
        update(AccountUsage)
        .where(
            AccountUsage.account_id == row.account_id,
            AccountUsage.minute == returned.minute,
            AccountUsage.count >= returned.count,
        )
        .values(count=AccountUsage.count - returned.count),
        execution_options={"synchronize_session": False},
    )
    if returned.end_us and row.next_us == returned.end_us:
        row.next_us -= returned.count * returned.spacing_us


def slow_down(
    session: Session, row: AccountPace, limits: Limits, *, now_us: int, retry_after_s: float | None, own_rate: float
) -> None:
    """The server asked for less: halve the pace of all agents, and hold them back for *retry_after_s* seconds.

    Args:
        own_rate: How many messages a second the agent that heard it sent, in case nothing better is known.
    """
    now = dt.datetime.fromtimestamp(now_us / US, dt.UTC)
    if retry_after_s is not None:
        hold_until = now + dt.timedelta(seconds=retry_after_s)
        row.hold_until = max(row.hold_until or hold_until, hold_until)
    pace = pace_of(row)
    if row.slowed_at is not None and pace and (now - row.slowed_at).total_seconds() < DECREASE_EVERY_S:
        return
    rate, _ = _rate(row, limits, now_us)
    if rate is None:
        rate = max(1.0, own_rate, _rate_of_late(session, row.account_id, now_us))
    slower = slower_than(rate, now.timestamp(), ceiling=pace.ceiling if pace else None)
    row.rate, row.ceiling, row.slowed_at = slower.floor, slower.ceiling, now


def pace_of(row: AccountPace) -> Pace | None:
    """The pace a row tells of; None while nothing slows it."""
    if row.rate is None or row.ceiling is None or row.slowed_at is None:
        return None
    return Pace(row.rate, row.ceiling, row.slowed_at.timestamp())


def forget(session: Session, account_id: int, minute: int) -> None:
    """Remove what is older than the longest limit; *minute* is the present one."""
    session.execute(
        delete(AccountUsage).where(
            AccountUsage.account_id == account_id, AccountUsage.minute < minute - _30_DAYS_MINUTES - 1
        ),
        execution_options={"synchronize_session": False},
    )


def _rate(row: AccountPace, limits: Limits, now_us: int) -> tuple[float | None, str]:
    """Messages a second to space by, None for as many as come; and what decides it, in words."""
    rates: list[tuple[float, str]] = []
    if limits.per_second:
        rates.append((limits.per_second, f"the limit of {limits.per_second:,} a second"))
    if limits.per_minute:
        rates.append((limits.per_minute / 60, f"the limit of {limits.per_minute:,} a minute"))
    pace = pace_of(row)
    if pace is not None and pace.has_recovered(now_us / US):
        row.rate = row.ceiling = row.slowed_at = pace = None
    if pace is not None:
        rates.append((pace.at(now_us / US), "the server, which asked us to send more slowly"))
    return min(rates, default=(None, ""), key=lambda rate: rate[0] or 0)


def _room(
    session: Session, rules: Rules, totals: Totals, *, now_us: int, first_us: int
) -> tuple[int | None, Grant | None]:
    """How many more messages fit, None for any number; and what to wait for if none does."""
    rooms: list[int] = []
    refusals: list[Grant] = []
    now_minute = now_us // _MINUTE_US
    for window in _windows(rules, now_minute, first_us):
        total = totals.since(session, window.since, now_minute)
        if total < window.limit:
            rooms.append(window.limit - total)
            continue
        free_us = window.ends_us if not window.length else _frees_at_us(session, rules.account_id, window, total)
        refusals.append(Grant(now_us, wait_us=max(1, free_us - now_us), words=window.words))
    return min(rooms, default=None), max(refusals, default=None, key=lambda grant: grant.wait_us)


def _windows(rules: Rules, minute: int, first_us: int) -> Iterator[_Window]:
    limits = rules.limits
    for limit, length, unit in (
        (limits.per_hour, _HOUR_MINUTES, "an hour"),
        (limits.per_day, _DAY_MINUTES, "a day"),
        (limits.per_30_days, _30_DAYS_MINUTES, "in 30 days"),
    ):
        if limit is not None:
            yield _Window(limit, minute - length, length, 0, f"the limit of {limit:,} {unit}")
    starts_us, ends_us, date = _day_of(rules.window, first_us)
    warm = rules.warm_up.cap_on(date) if rules.warm_up else None
    if warm is not None:
        yield _Window(warm, starts_us // _MINUTE_US, 0, ends_us, cap_words(warm, is_warming_up=True))
    if (per_day := rules.window.per_day) is not None:
        yield _Window(per_day, starts_us // _MINUTE_US, 0, ends_us, cap_words(per_day, is_warming_up=False))


def _frees_at_us(session: Session, account_id: int, window: _Window, total: int) -> int:
    """When so many have left the window that one more fits. A minute counts until all of it has left."""
    too_many = total - window.limit + 1
    rows = session.execute(
        select(AccountUsage.minute, AccountUsage.count)
        .where(AccountUsage.account_id == account_id, AccountUsage.minute >= window.since)
        .order_by(AccountUsage.minute)
    )
    minute = window.since
    for minute, count in rows:  # noqa: B007  the one it stops at is wanted
        too_many -= count
        if too_many <= 0:
            break
    return (minute + 1 + window.length) * _MINUTE_US


def _rate_of_late(session: Session, account_id: int, now_us: int) -> float:
    """Messages a second of all agents, over this minute and the one before."""
    minute = now_us // _MINUTE_US
    rows = session.execute(
        select(AccountUsage.minute, AccountUsage.count).where(
            AccountUsage.account_id == account_id, AccountUsage.minute >= minute - 1
        )
    )
    counts = {at: count for at, count in rows}  # noqa: C416  a Row is no pair to mypy
    if minute - 1 not in counts:
        return 0.0  # it has only just begun, nobody knows when in this minute
    return sum(counts.values()) / (60 + now_us % _MINUTE_US / US)


def _day_of(window: SendingWindow, at_us: int) -> tuple[int, int, dt.date]:
    """When the calendar day starts and ends, and its date."""
    date, starts, ends = window.day_of(dt.datetime.fromtimestamp(at_us / US, dt.UTC))
    return _us(starts), _us(ends), date


def _count(session: Session, account_id: int, minute: int, count: int) -> None:
    adding = upsert(session, AccountUsage).values(account_id=account_id, minute=minute, count=count)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["account_id", "minute"], set_={"count": AccountUsage.count + adding.excluded.count}
        )
    )


def _us(moment: dt.datetime | None) -> int:
    return 0 if moment is None else round(moment.timestamp() * US)
