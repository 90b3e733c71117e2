"""The lanes of all accounts, made when something is to be sent and kept while something is."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from app.models.base import now_ms
from app.models.workspace import Workspace
from app.sending import accounts
from app.sending.domains import DomainLanes
from app.sending.lane import Lane
from app.sending.limits import Limits
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.throttle import Clock, Throttle

_MS_PER_MINUTE = 60_000
_LONGEST_LIMIT_MINUTES = 30 * 24 * 60


class _Made(NamedTuple):
    """A lane, and what it was made for."""

    settings: tuple[object, ...]
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

    def get(self, account_id: int) -> Lane:
        """The lane of an account, as it is set up now.

        Raises:
            UserFacingError: its password cannot be unsealed, or it would send unprotected over a network.
        """
        smtp = accounts.smtp_account(self._workspace, account_id, practice_port=self._practice_port())
        limits = accounts.limits(self._workspace, account_id)
        known = self._lanes.get(account_id)
        if known is not None and known.settings == (smtp, limits):
            return known.lane
        lane = self._make(account_id, smtp, limits, known.lane if known is not None else None)
        self._lanes[account_id] = _Made((smtp, limits), lane)
        return lane

    async def close(self) -> None:
        """Wait until all connections are closed, which nobody has anything more for."""
        await asyncio.gather(*(made.lane.close() for made in self._lanes.values()))

    async def abort(self) -> None:
        """Break off what is under way."""
        await asyncio.gather(*(made.lane.abort() for made in self._lanes.values()))

    def _make(self, account_id: int, smtp: SmtpAccount, limits: Limits, former: Lane | None) -> Lane:
        # What the lane before has on its way is in no usage yet.
        usage = former.throttle.usage() if former is not None else self._usage(account_id)
        return Lane(
            account_id=account_id,
            server=smtp.host,
            transport=SmtpTransport(smtp),
            throttle=Throttle(limits, clock=self.clock, usage=usage),
            domains=DomainLanes({}, self.clock),
            connections=smtp.connections,
            multi_core=smtp if limits == Limits() else None,
        )

    def _usage(self, account_id: int) -> list[tuple[int, int]]:
        since = now_ms() // _MS_PER_MINUTE - _LONGEST_LIMIT_MINUTES
        with self._workspace.read() as session:
            return accounts.usage(session, account_id, since)
