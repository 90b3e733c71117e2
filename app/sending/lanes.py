"""The lanes of all accounts, made when something is to be sent and kept while something is."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.base import from_ms, now_ms, to_ms
from app.models.group_writer import GroupWriter
from app.models.states import DeliveryState, SignIn
from app.models.tables import AccountPace, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import accounts, transports
from app.sending.account_forms import AccountInfo
from app.sending.domains import DomainLanes
from app.sending.lane import Brake, Lane
from app.sending.limits import LONGEST_LIMIT_MINUTES, MINUTE_MS, Limits
from app.sending.pace import PaceState
from app.sending.shared_throttle import SharedThrottle
from app.sending.smtp import SmtpAccount
from app.sending.throttle import Clock, Throttle

_MAY_HAVE_LEFT = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.IN_DOUBT)


class _Made(NamedTuple):
    """A lane, and what it was made for."""

    settings: tuple[object, ...]
    domain_limits: Mapping[str, Limits]
    lane: Lane


class Lanes:
    """Makes the lane of an account on first use, and anew when the account was changed. Use it inside the event loop.

    All dispatches that send through an account share its lane, and with it its limits and connections.

    Args:
        practice_port: Where the practice server listens, which changes with every start.
    """

    def __init__(self, workspace: Workspace, *, practice_port: Callable[[], int], clock: Clock) -> None:
        self.clock = clock
        self._workspace = workspace
        self._practice_port = practice_port
        self._lanes: dict[int, _Made] = {}
        self._former: list[Lane] = []
        self._former_throttles: list[Brake] = []
        self._said: dict[int, Limits] = {}

    def get(self, account_id: int) -> Lane:
        """The lane of an account, as it is set up now.

        Raises:
            UserFacingError: its secret cannot be unsealed, or it would send unprotected over a network.
        """
        account = accounts.account_info(self._workspace, account_id)
        way = transports.settings_of(self._workspace, account_id, practice_port=self._practice_port())
        settings = (way, account.limits, account.window, account.warm_up, dict(account.domain_limits))
        known = self._lanes.get(account_id)
        if known is not None and known.settings == settings:
            return known.lane
        lane = Lane(
            account_id=account_id,
            server=account.server,
            transport=transports.transport_of(way, on_limits=partial(self._obey, account)),
            throttle=self._throttle(account, known.lane if known is not None else None),
            domains=self._domains(account, known),
            connections=account.connections,
            multi_core=way if isinstance(way, SmtpAccount) and _may_be_fast(account) else None,
        )
        if known is not None:
            self._former = [former for former in (*self._former, known.lane) if former.is_open]
        self._lanes[account_id] = _Made(settings, account.domain_limits, lane)
        return lane

    async def save_paces(self, writer: GroupWriter) -> None:
        """Write down which accounts were asked to slow down, so that a restart does not forget it."""
        for account_id, (*_, lane) in self._lanes.items():
            if lane.has_new_pace and isinstance(lane.throttle, Throttle):
                lane.has_new_pace = False
                pace = lane.throttle.pace_state or PaceState()
                await writer.write(partial(_store_pace, account_id=account_id, pace=pace))

    async def close(self) -> None:
        """Wait until all connections are closed, which nobody has anything more for."""
        await asyncio.gather(*(lane.close() for lane in self._all()))
        await self._give_back()

    async def abort(self) -> None:
        """Break off what is under way."""
        await asyncio.gather(*(lane.abort() for lane in self._all()))
        await self._give_back()

    async def _give_back(self) -> None:
        """Let other agents have what was reserved and not used."""
        for throttle in (*self._former_throttles, *(lane.throttle for lane in self._all())):
            if isinstance(throttle, SharedThrottle):
                await throttle.close()

    def _obey(self, account: AccountInfo, limits: Limits) -> None:
        """Keep to what the provider itself says the account may send, besides what the user has set."""
        lane = self._lanes[account.id].lane
        if self._said.get(account.id) != limits:
            self._said[account.id] = limits
            self._former_throttles.append(lane.throttle)
            lane.throttle = self._throttle(account, lane)
            lane.wake()

    def _all(self) -> list[Lane]:
        return [*self._former, *(made.lane for made in self._lanes.values())]

    def _domains(self, account: AccountInfo, known: _Made | None) -> DomainLanes:
        """What receivers may get: as before if nothing about that has changed, with all that was counted."""
        if known is not None and known.domain_limits == account.domain_limits:
            return known.lane.domains
        if not account.domain_limits:
            return DomainLanes({}, self.clock)
        reach = max(limits.longest_minutes for limits in account.domain_limits.values())
        with self._workspace.read() as session:
            sent = _sent_by_domain(session, account.id, since_ms=now_ms() - reach * MINUTE_MS)
        return DomainLanes(account.domain_limits, self.clock, sent=sent)

    def _throttle(self, account: AccountInfo, former: Lane | None) -> Brake:
        limits = account.limits.merged(self._said.get(account.id, Limits()))
        if self._workspace.is_shared:
            return SharedThrottle(
                self._workspace,
                account.id,
                limits,
                clock=self.clock,
                window=account.window,
                warm_up=account.warm_up,
            )
        if former is not None and isinstance(former.throttle, Throttle):
            # What the lane before has on its way is in no usage yet.
            usage, pace = former.throttle.usage(), former.throttle.pace_state
        else:
            usage, pace = self._history(account.id)
        return Throttle(
            limits, clock=self.clock, usage=usage, window=account.window, warm_up=account.warm_up, pace=pace
        )

    def _history(self, account_id: int) -> tuple[list[tuple[int, int]], PaceState | None]:
        since = now_ms() // MINUTE_MS - LONGEST_LIMIT_MINUTES
        with self._workspace.read() as session:
            usage, row = accounts.usage(session, account_id, since), session.get(AccountPace, account_id)
            pace = PaceState(row.rate, row.ceiling, row.slowed_at, row.hold_until) if row is not None else None
            return usage, pace


def _sent_by_domain(session: Session, account_id: int, *, since_ms: int) -> list[tuple[str, int, int]]:
    """What went through an account since then: (recipient's domain, minute since 1970 in UTC, messages)."""
    rows = session.execute(
        select(Delivery.address, Delivery.settled_at)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(or_(Dispatch.finished_at.is_(None), Dispatch.finished_at >= from_ms(since_ms)))
        .where(Delivery.state.in_(_MAY_HAVE_LEFT), Delivery.account_id == account_id)
        .where(Delivery.settled_at >= from_ms(since_ms))
    )
    counts = Counter((address.rpartition("@")[2], to_ms(at) // MINUTE_MS) for address, at in rows if at)
    return [(domain, minute, count) for (domain, minute), count in counts.items()]


def _store_pace(session: Session, account_id: int, pace: PaceState) -> None:
    session.merge(
        AccountPace(
            account_id=account_id,
            rate=pace.rate,
            ceiling=pace.ceiling,
            slowed_at=pace.slowed_at,
            hold_until=pace.hold_until,
        )
    )


def _may_be_fast(account: AccountInfo) -> bool:
    """Whether nothing about an account keeps it below what one process can send."""
    limits = account.limits
    return (
        account.sign_in is SignIn.PASSWORD and Limits(per_day=limits.per_day, per_30_days=limits.per_30_days) == limits
    )
