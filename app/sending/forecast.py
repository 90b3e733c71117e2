"""When the last mail will leave, and what makes it take so long.

The throttle's own brakes are driven by a clock that jumps from one event to the next: as many messages as fit leave in
one step, which counts from its first message on. The message after a full limit goes one window later than its
counterpart, so this gives the moments that the throttle would, to a minute or so.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.sending.brakes import DAY_S, DAYS_30_S, HOUR_S, MINUTE_S, DailyCap, Opening, Sliding
from app.sending.limits import Limits
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

_HORIZON_S = 5 * 365 * DAY_S
_WORTH_A_REASON_S = 60.0
_TENTH_S = 0.1
# Beyond so many minutes of a limit a minute its messages are taken as evenly spaced, which moves the end by a minute.
_MOST_MINUTES = 20_000
# Beyond so many steps the rest is taken to go as fast as what came before, lest it take seconds to tell.
_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the last message will leave, in UTC; None if that is more than five years away.

    `because` says what takes most of the time, in words to end a sentence with: "because of the limit of 500 a day". It
    is empty if only the speed of sending does, or it takes no time worth a reason.
    """

    ends_at: dt.datetime | None
    because: str


@dataclass(frozen=True, slots=True)
class Route:
    """One of the accounts that messages leave through.

    Attributes:
        weight: Its share of the messages; one of weight 0 gets none as long as there are others.
        limits, usage, window, warm_up: As the account's `Throttle` has them.
        rate_per_s: How many messages a second it sends when nothing holds it; None for as many as one likes.
    """

    limits: Limits
    usage: Sequence[tuple[int, int]] = ()
    window: SendingWindow | None = None
    warm_up: WarmUp | None = None
    rate_per_s: float | None = None
    weight: int = 1


def forecast(
    remaining: int,
    *,
    limits: Limits,
    now: dt.datetime,
    usage: Iterable[tuple[int, int]] = (),
    window: SendingWindow | None = None,
    warm_up: WarmUp | None = None,
    rate_per_s: float | None = None,
    campaign_window: SendingWindow | None = None,
    campaign_sent_today: int = 0,
) -> Forecast:
    """When the last of *remaining* messages will leave through one account; see `Route` for what it is told of that.

    Args:
        campaign_window: The hours and the limit a day of the campaign itself.
        campaign_sent_today: What has already left of the campaign today, by the clock of its window's zone.
    """
    route = Route(limits, tuple(usage), window, warm_up, rate_per_s)
    return _Course(route, now, campaign_window, campaign_sent_today).run(remaining)


def forecast_routes(
    remaining: int,
    routes: Sequence[Route],
    *,
    now: dt.datetime,
    campaign_window: SendingWindow | None = None,
    campaign_sent_today: int = 0,
) -> Forecast:
    """When the last of *remaining* messages will leave through several accounts, which share them by weight."""
    shares = _shares(remaining, routes)
    courses = []
    for route, share in zip(routes, shares, strict=True):
        part = share / remaining if remaining else 1.0
        of_route = campaign_window
        if of_route is not None and of_route.per_day is not None:
            of_route = replace(of_route, per_day=max(1, round(of_route.per_day * part)))
        course = _Course(route, now, of_route, round(campaign_sent_today * part))
        courses.append(course.run(share))
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return max(courses, key=lambda one: one.ends_at or never)


def _shares(remaining: int, routes: Sequence[Route]) -> list[int]:
    """How many messages each account gets: by weight, the rest to those that were rounded down most."""
    weights = [route.weight for route in routes]
    if not any(weights):
        weights = [1] * len(routes)
    exact = [remaining * weight / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_rest = sorted(range(len(routes)), key=lambda index: shares[index] - exact[index])
    for index in by_rest[: remaining - sum(shares)]:
        shares[index] += 1
    return shares


class _Course:
    """How messages leave through one account."""

    def __init__(
        self, route: Route, now: dt.datetime, campaign_window: SendingWindow | None, campaign_sent_today: int
    ) -> None:
        self._route = route
        self._now = now.timestamp()
        usage = sorted(route.usage)
        limits = route.limits
        self._minute = Sliding(limits.per_minute, "a minute", MINUTE_S, resolution_s=_TENTH_S)
        day = Sliding(limits.per_day, "a day", DAY_S, resolution_s=MINUTE_S)
        self._counting: list[Sliding | DailyCap] = [
            self._minute,
            Sliding(limits.per_hour, "an hour", HOUR_S, resolution_s=MINUTE_S),
            day,
            Sliding(limits.per_30_days, "in 30 days", DAYS_30_S, resolution_s=HOUR_S),
        ]
        for minute, count in usage:
            for window in self._counting:
                window.add(min(minute * MINUTE_S, self._now), count)
        self._caps: list[DailyCap] = []
        self._openings: list[tuple[Opening, SendingWindow]] = []
        self._add_window(route.window or SendingWindow.ALWAYS, route.warm_up, day, usage)
        if campaign_window is not None:
            history = Sliding(None, "", DAY_S, resolution_s=MINUTE_S)
            this_minute = (int(self._now // MINUTE_S), campaign_sent_today)
            history.add(self._now, campaign_sent_today)
            self._add_window(campaign_window, None, history, [this_minute])
            self._counting.append(history)
        self._counting += self._caps
        self._took = defaultdict[str, float](float)

    def run(self, remaining: int) -> Forecast:
        """Let them leave."""
        spacing_s, spacing_words = self._spacing(remaining)
        at = last = self._now
        left = remaining
        for _ in range(_MOST_STEPS):
            if not left:
                break
            at = self._until_free(at)
            if at - self._now > _HORIZON_S:
                return Forecast(None, self._because(last - self._now))
            count = min(left, self._fit(at, spacing_s))
            for window in self._counting:
                window.add(at, count)
            last = at + (count - 1) * spacing_s
            at += count * spacing_s
            left -= count
            self._took[spacing_words] += count * spacing_s
        if left:
            last += (last - self._now) / (remaining - left) * left
        if last - self._now > _HORIZON_S:
            return Forecast(None, self._because(last - self._now))
        return Forecast(dt.datetime.fromtimestamp(last, dt.UTC), self._because(last - self._now))

    def _add_window(
        self, window: SendingWindow, warm_up: WarmUp | None, history: Sliding, usage: list[tuple[int, int]]
    ) -> None:
        if window.per_day is not None or warm_up is not None:
            self._caps.append(DailyCap(window, warm_up, history=history, usage=usage, now=self._now))
        if not window.never_closes:
            self._openings.append((Opening(window), window))

    def _spacing(self, remaining: int) -> tuple[float, str]:
        """The seconds between two messages when nothing else holds them, and what makes it so many."""
        limits, rate = self._route.limits, self._route.rate_per_s
        spacings = [(0.0, "")]
        if rate:
            spacings.append((1 / rate, ""))
        if limits.per_second:
            spacings.append((1 / limits.per_second, f"the limit of {limits.per_second:,} a second"))
        if limits.per_minute and remaining > limits.per_minute * _MOST_MINUTES:
            self._counting.remove(self._minute)
            spacings.append(((MINUTE_S + _TENTH_S) / limits.per_minute, self._minute.words(self._now)))
        return max(spacings)

    def _until_free(self, at: float) -> float:
        """The first moment from *at* on at which nothing holds; what holds longest is charged for the time."""
        while True:
            held = [(wait_s, one.lasting_words(at)) for one in self._counting if (wait_s := one.free_in(at)) > 0]
            held += [
                (wait_s, f"the sending hours ({window.hours_words()})")
                for opening, window in self._openings
                if (wait_s := opening.free_in(at)) > 0
            ]
            if not held or at - self._now > _HORIZON_S:
                return at
            wait_s, words = max(held)
            self._took[words] += wait_s
            at += wait_s

    def _fit(self, at: float, spacing_s: float) -> int:
        """How many messages leave from *at* on until something holds, or may hold."""
        rooms = [room for one in self._counting if (room := one.room(at)) is not None]
        if spacing_s:
            ends = [opening.closes_at(at) for opening, _ in self._openings]
            ends += [cap.ends_at(at) for cap in self._caps if cap.room(at) is not None]
            rooms += [max(1, -int(-(end - at) // spacing_s)) for end in ends if end != float("inf")]
        return min(rooms, default=10**12)

    def _because(self, total_s: float) -> str:
        if total_s < _WORTH_A_REASON_S or not self._took:
            return ""
        words = max(self._took, key=lambda one: self._took[one])
        return f"because of {words}" if words else ""
