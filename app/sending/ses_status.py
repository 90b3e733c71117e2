"""What Amazon SES says of an account: how much it may send, and whether it may at all (GetAccount of API v2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Any

from app.sending.outcomes import Outcome, OutcomeKind, Reason
from app.sending.ses_errors import CONSOLE
from app.sending.throttle import Limits
from app.sending.trouble import AccountTrouble

_SHUT_DOWN = "SHUTDOWN"
_ON_PROBATION = "PROBATION"
_UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class SesStatus:
    """An SES account in its region. Amazon counts recipients, which are messages as this program sends them.

    Attributes:
        max_24_hour_send: The most messages in any 24 hours; None for no limit.
        max_send_rate: The most messages in a second.
        sent_last_24_hours: How many went in the last 24 hours, by whatever program.
        production_access: It may write to anybody; without, it is in the sandbox and may write to verified addresses.
        sending_enabled: Its owner has not switched sending off.
        enforcement: Its reputation: ``HEALTHY``, ``PROBATION`` or ``SHUTDOWN``.
    """

    max_24_hour_send: int | None
    max_send_rate: float
    sent_last_24_hours: int
    production_access: bool
    sending_enabled: bool
    enforcement: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "SesStatus":
        """Read it from the answer to GetAccount."""
        quota = answer.get("SendQuota", {})
        most = float(quota.get("Max24HourSend", 0))
        return cls(
            max_24_hour_send=None if most == _UNLIMITED else floor(most),
            max_send_rate=float(quota.get("MaxSendRate", 0)),
            sent_last_24_hours=floor(quota.get("SentLast24Hours", 0)),
            production_access=bool(answer.get("ProductionAccessEnabled", False)),
            sending_enabled=bool(answer.get("SendingEnabled", False)),
            enforcement=str(answer.get("EnforcementStatus", "")),
        )

    @property
    def trouble(self) -> AccountTrouble | None:
        """Why it cannot send, if it cannot."""
        if self.enforcement == _SHUT_DOWN:
            words = "Amazon has stopped this SES account because of what was sent from it."
        elif not self.sending_enabled:
            words = "Sending is switched off in this SES account."
        else:
            return None
        return AccountTrouble(
            words, CONSOLE, outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, Reason.ACCOUNT_BLOCKED, words=words)
        )

    @property
    def warning(self) -> str:
        """What its owner should know before the next campaign, in plain words; empty where all is well."""
        if not self.production_access:
            return (
                "It is still in the sandbox, where it may write to addresses verified with Amazon only. "
                "Ask for “production access” in the SES console of Amazon."
            )
        if self.enforcement == _ON_PROBATION:
            return f"Amazon is reviewing it, because of bounces or complaints. {CONSOLE}"
        return ""

    def limits(self) -> Limits:
        """The limits to send by. Of a rate below one in a second the lowest limit is made, which is one."""
        return Limits(
            per_second=max(1, floor(self.max_send_rate)),
            per_day=None if self.max_24_hour_send is None else max(1, self.max_24_hour_send),
        )
