"""The lanes of all accounts, made when something is to be sent and kept while something is."""

from collections.abc import Callable

from app.models.base import now_ms
from app.models.states import AccountKind, TlsMode
from app.models.tables import Account
from app.models.workspace import Workspace
from app.sending import accounts
from app.sending.lane import Lane
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.throttle import Clock, Limits, Throttle

_MS_PER_MINUTE = 60_000
_DAY_MINUTES = 24 * 60


class Lanes:
    """Makes the lane of an account on first use. All dispatches that send through an account share its lane.

    Args:
        practice_port: Where the practice server listens; asked anew for each lane, because it changes with every start.
    """

    def __init__(self, workspace: Workspace, *, practice_port: Callable[[], int], clock: Clock) -> None:
        self._workspace = workspace
        self._practice_port = practice_port
        self._clock = clock
        self._lanes: dict[int, Lane] = {}

    def get(self, account_id: int) -> Lane:
        """The lane of an account, with what it has used of its limits so far.

        Raises:
            UserFacingError: its password cannot be unsealed, or it would send unprotected over a network.
        """
        if account_id not in self._lanes:
            self._lanes[account_id] = self._make(account_id)
        return self._lanes[account_id]

    def drop(self, account_id: int) -> None:
        """Forget a lane that nothing uses any more, so that the next dispatch sees a changed account."""
        self._lanes.pop(account_id, None)

    def _make(self, account_id: int) -> Lane:
        since = now_ms() // _MS_PER_MINUTE - _DAY_MINUTES
        with self._workspace.read() as session:
            account = session.get_one(Account, account_id)
            limits = Limits(account.per_second, account.per_minute, account.per_hour, account.per_day)
            used = accounts.usage(session, account_id, since)
            kind, name, connections = account.kind, account.name, account.connections
        if kind is AccountKind.PRACTICE:
            smtp = SmtpAccount("127.0.0.1", self._practice_port(), TlsMode.NONE_ON_LOOPBACK, connections=connections)
        else:
            smtp = accounts.smtp_account(self._workspace, account_id)
        return Lane(
            account_id=account_id,
            server=smtp.host if kind is AccountKind.SMTP else f"The {name.lower()}",
            transport=SmtpTransport(smtp),
            throttle=Throttle(limits, clock=self._clock, usage=used),
            connections=connections,
        )
