"""The hours in which mail may leave: weekdays, times of the day in a zone, and how much on one day at most.

A window is a row of spans, one for each weekday on which it opens. Its times are read from the clock on the wall of its
zone. Where that clock is put forward and skips a time, the moment of the change stands for it; where it is put back and
shows a time twice, the first of the two counts.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

_EVERY_DAY = frozenset(range(7))
_MIDNIGHT = dt.time()
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Two weeks hold every weekday even if the clock skips the only span of one of them.
_LOOKED_AHEAD_DAYS = 15


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """When mail may leave.

    Attributes:
        weekdays: The days on which it opens; 0 is Monday.
        opens, closes: Times of the day in `time_zone`. If `closes` is not later than `opens`, it closes on the next
            day; if they are equal it is open for the whole day.
        time_zone: The IANA name of the zone.
        per_day: How many messages may leave on one calendar day of the zone; None for no such limit.

    Raises:
        ValueError: It never opens, a weekday or the limit is none, or there is no such zone.
    """

    weekdays: frozenset[int] = _EVERY_DAY
    opens: dt.time = _MIDNIGHT
    closes: dt.time = _MIDNIGHT
    time_zone: str = "UTC"
    per_day: int | None = None

    ALWAYS: ClassVar["SendingWindow"]

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= _EVERY_DAY:
            raise ValueError(f"A window opens on days from 0 to 6, not on {sorted(self.weekdays)}.")
        if self.per_day is not None and self.per_day < 1:
            raise ValueError(f"A limit is at least 1, not {self.per_day}.")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, OSError) as error:  # a folder of the zone data is no zone either
            raise ValueError(f"There is no time zone “{self.time_zone}”.") from error

    @property
    def never_closes(self) -> bool:
        """Whether its hours hold nothing back; its limit a day still may."""
        return self.weekdays == _EVERY_DAY and self.opens == self.closes

    @property
    def zone(self) -> ZoneInfo:
        """The zone its times are in."""
        return ZoneInfo(self.time_zone)

    def is_open(self, at: dt.datetime) -> bool:
        """Whether mail may leave at *at*, which is aware."""
        return self.never_closes or self._span_at(at) is not None

    def next_opening(self, at: dt.datetime) -> dt.datetime:
        """The first moment from *at* on at which it is open, in UTC; *at* itself if it is open then."""
        at = at.astimezone(dt.UTC)
        if self.is_open(at):
            return at
        today = at.astimezone(self.zone).date()
        return min(
            opens
            for days in range(_LOOKED_AHEAD_DAYS)
            for opens, closes in self._span_of(today + dt.timedelta(days=days))
            if opens > at
        )

    def closes_at(self, at: dt.datetime) -> dt.datetime | None:
        """The moment, in UTC, until which it stays open from *at* on: *at* if it is closed, None if it never closes."""
        if self.never_closes:
            return None
        moment = at.astimezone(dt.UTC)
        while (span := self._span_at(moment)) is not None:
            moment = span[1]
        return moment

    def day_of(self, at: dt.datetime) -> tuple[dt.date, dt.datetime, dt.datetime]:
        """The calendar day of its zone that *at* is in, and the moments in UTC at which that starts and ends."""
        date = at.astimezone(self.zone).date()
        return date, self._moment(date, _MIDNIGHT), self._moment(date + dt.timedelta(days=1), _MIDNIGHT)

    def opening_words(self, opens: dt.datetime) -> str:
        """What is waited for until it opens, in words to follow "Waiting for"."""
        local = opens.astimezone(self.zone)
        time = clock_words(local.time())
        return f"the sending hours, which begin on {local:%A} at {time}, {zone_words(self.time_zone)}"

    def describe(self) -> str:
        """The window in plain words: "Monday to Friday, 8:00 to 18:00, Berlin time, at most 500 a day"."""
        text = self.hours_words()
        if self.per_day is not None:
            text += f", at most {self.per_day:,} a day"
        return text[0].upper() + text[1:]

    def hours_words(self) -> str:
        """Days and hours alone, to stand in a sentence."""
        if self.never_closes:
            return "at any time"
        return ", ".join((_days(self.weekdays), *self._hours(), zone_words(self.time_zone)))

    def to_json(self) -> dict[str, object]:
        """The stored form; empty for one that holds nothing back."""
        if self == SendingWindow.ALWAYS:
            return {}
        stored: dict[str, object] = {
            "weekdays": sorted(self.weekdays),
            "opens": self.opens.isoformat("minutes"),
            "closes": self.closes.isoformat("minutes"),
            "time_zone": self.time_zone,
        }
        if self.per_day is not None:
            stored["per_day"] = self.per_day
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "SendingWindow":
        """What `to_json` stored.

        Raises:
            ValueError: It is no such thing.
        """
        match stored:
            case {"weekdays": list(days), "opens": str(opens), "closes": str(closes), "time_zone": str(zone)}:
                per_day = stored.get("per_day")
                return cls(
                    frozenset(days),
                    dt.time.fromisoformat(opens),
                    dt.time.fromisoformat(closes),
                    zone,
                    per_day if isinstance(per_day, int) else None,
                )
            case _ if not stored:
                return cls.ALWAYS
            case _:
                raise ValueError(f"no sending window: {stored}")

    def _hours(self) -> list[str]:
        return [] if self.opens == self.closes else [f"{clock_words(self.opens)} to {clock_words(self.closes)}"]

    def _span_at(self, at: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
        """The span that holds *at*. It opened today or yesterday, by the clock of the zone."""
        today = at.astimezone(self.zone).date()
        for date in (today, today - dt.timedelta(days=1)):
            for opens, closes in self._span_of(date):
                if opens <= at < closes:
                    return opens, closes
        return None

    def _span_of(self, date: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """From when to when the window that opens on *date* is open; none if it does not open then."""
        if date.weekday() not in self.weekdays:
            return []
        last = date if self.closes > self.opens else date + dt.timedelta(days=1)
        opens, closes = self._moment(date, self.opens), self._moment(last, self.closes)
        return [(opens, closes)] if opens < closes else []

    def _moment(self, date: dt.date, time: dt.time) -> dt.datetime:
        return moment_of(dt.datetime.combine(date, time), self.zone)


SendingWindow.ALWAYS = SendingWindow()


def moment_of(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The moment, in UTC, at which the clock on the wall shows *wall*: the first if it does so twice; that of the
    change if the clock is put forward past it.
    """
    moment = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # The clock skips this time. By the offset after the change it would lie before the change, by the one before after.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), moment
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def clock_words(time: dt.time) -> str:
    """A time of the day as people write it: 8:00."""
    return f"{time.hour}:{time.minute:02}"


def zone_words(time_zone: str) -> str:
    """What people call a zone: "Berlin time"."""
    return "UTC" if time_zone == "UTC" else f"{time_zone.rpartition('/')[2].replace('_', ' ')} time"


def _days(weekdays: frozenset[int]) -> str:
    if weekdays == _EVERY_DAY:
        return "every day"
    days = sorted(weekdays)
    names = [_NAMES[day] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
