"""A storm over a workspace: everything that people, servers and power cuts can do to a campaign, and the bookkeeping
that tells whether what the workspace says about each recipient is true.

Used by the stateful test, which looks for the shortest way to break it, and by `python -m benchmarks chaos`, which goes
on for as long as one likes.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import delete, select, update

from app.audience.suppression import suppress as suppress_addresses
from app.content.library import add_template
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import DeliveryState, DispatchState, SuppressionReason, TlsMode
from app.models.tables import AccountPace, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import campaigns, transactional
from app.sending.account_forms import AccountDraft
from app.sending.accounts import change_account, list_accounts
from app.sending.limits import Limits
from app.sending.message_requests import MessageRequest
from app.sending.second_tries import resend_in_doubt, retry_failed
from tests.engine.builders import a_campaign, an_account
from tests.engine.storm_server import Servers

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)
_RECEIPT = '<mjml><mj-body><mj-section><mj-column><mj-text>Thank you, {{ first_name | default("friend") }}.</mj-text>'
_RECEIPT += "</mj-column></mj-section></mj-body></mjml>"
_LOOK_EVERY_S = 0.05
_NUDGE_EVERY_S = 1.0

SENDING, SENT, IN_DOUBT = DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.IN_DOUBT


class Agents(Protocol):
    """Who sends."""

    def begin(self) -> None:
        """Have as many as there should be."""

    def crash(self) -> None:
        """Kill one."""

    def stop(self) -> None:
        """Have one end in good order."""


@dataclass(frozen=True)
class Ledger:
    """What became of all recipients, by state, and what does not add up."""

    states: Counter[DeliveryState]
    copies: int
    doubles: int
    resent: int
    untruths: tuple[str, ...]
    is_settled: bool

    @property
    def balances(self) -> bool:
        return not self.untruths and not self.doubles and self.is_settled

    def __str__(self) -> str:
        parts = " + ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        line = f"{self.states.total()} queued = {parts}; {self.copies} accepted, {self.doubles} duplicates, "
        return line + f"{self.resent} resent by a click"


@dataclass
class Storm:
    """A workspace with an account on *servers*, *people* as contacts, and *agents* that send.

    Attributes:
        dispatches: The campaigns that were launched, in order.
        deeds: How often what was done.
    """

    workspace: Workspace
    servers: Servers
    agents: Agents
    people: Sequence[str]
    connections: int = 3
    dispatches: list[int] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)
    _resent: Counter[int] = field(default_factory=Counter)
    _received: Counter[str] = field(default_factory=Counter)
    _recipients: dict[str, set[str]] = field(default_factory=dict)
    _urgent: int = 0

    def __post_init__(self) -> None:
        self._identity_id = an_account(
            self.workspace, self.servers.all[0].port, connections=self.connections, messages_per_connection=20
        )
        (self._account_id,) = (one.id for one in list_accounts(self.workspace) if one.name == "Shop")
        self._receipt = add_template(self.workspace, name="Receipt", mjml=_RECEIPT, subject="Thank you")

    # What people do

    def launch(self) -> None:
        """Send a campaign to everybody."""
        self.deeds["launch"] += 1
        with suppress(UserFacingError):
            campaign_id = a_campaign(self.workspace, self._identity_id)
            self.dispatches.append(campaigns.launch(self.workspace, campaign_id, grace=campaigns.NO_GRACE))

    def pause(self, which: int) -> None:
        self._wish("pause", which)

    def resume(self, which: int) -> None:
        self._wish("resume", which)

    def cancel(self, which: int) -> None:
        self._wish("cancel", which)

    def urgent(self, which: int) -> None:
        """Another program has a single message sent."""
        self.deeds["urgent message"] += 1
        self._urgent += 1
        request = MessageRequest(
            template=self._receipt,
            to=self.people[which % len(self.people)],
            identity_id=self._identity_id,
            idempotency_key=f"order {self._urgent}",
        )
        with suppress(UserFacingError):
            transactional.queue(self.workspace, request)

    def change_account(
        self, *, server: int = 0, limits: Limits | None = None, connections: int = 3, messages: int = 20
    ) -> None:
        """Change what can be changed under Accounts."""
        self.deeds["account change"] += 1
        change_account(
            self.workspace,
            self._account_id,
            AccountDraft(
                name="Shop",
                host="127.0.0.1",
                port=self.servers.all[server % len(self.servers.all)].port,
                tls=TlsMode.NONE_ON_LOOPBACK,
                username="",
                sender_name="Blumen Berger",
                sender_address="shop@berger.example",
                limits=limits or Limits(),
                connections=connections,
                messages_per_connection=messages,
            ),
        )

    def suppress(self, which: int) -> None:
        """Somebody wants no more mail."""
        self.deeds["suppression"] += 1
        address = self.people[which % len(self.people)]
        suppress_addresses(self.workspace, [address], SuppressionReason.UNSUBSCRIBED, "Link")

    def retry_failed(self, which: int) -> None:
        self.deeds["retry of the failed"] += 1
        if dispatch_id := self._dispatch(which):
            with suppress(UserFacingError):
                retry_failed(self.workspace, dispatch_id)

    def resend_in_doubt(self, which: int) -> None:
        self.deeds["resend of the doubtful"] += 1
        if not (dispatch_id := self._dispatch(which)):
            return
        with self.workspace.read() as session:
            ids = session.scalars(
                select(Delivery.id).where(Delivery.dispatch_id == dispatch_id, Delivery.state == IN_DOUBT)
            ).all()
        self._resent.update(ids)  # first: it is on its way before the click returns
        with suppress(UserFacingError):
            resend_in_doubt(self.workspace, dispatch_id, ids)

    # What else happens

    def let_time_pass(self) -> None:
        """The moment of all deferred messages has come."""
        with self.workspace.write() as session:
            deferred = Delivery.state == DeliveryState.DEFERRED
            session.execute(update(Delivery).where(deferred).values(due_at=utcnow()))

    def crash(self) -> None:
        self.deeds["crash"] += 1
        self.agents.crash()

    def stop(self) -> None:
        self.deeds["agent stopped"] += 1
        self.agents.stop()

    def bring_to_an_end(self, *, patience_s: float) -> None:
        """The servers behave, and a patient user sees to it that all is done.

        Raises:
            AssertionError: it is not done in that time.
        """
        self.servers.calm()
        self.agents.stop()
        self.change_account(connections=self.connections)
        with self.workspace.write() as session:
            session.execute(delete(AccountPace))
        self.agents.begin()
        deadline, nudge_at = time.monotonic() + patience_s, 0.0
        while still_open := self._open():
            if time.monotonic() > deadline:
                raise AssertionError(f"not done: {still_open}; {self.ledger()}")
            if time.monotonic() >= nudge_at:
                for dispatch_id in still_open:
                    with suppress(UserFacingError):
                        campaigns.resume(self.workspace, dispatch_id)
                self.let_time_pass()
                nudge_at = time.monotonic() + _NUDGE_EVERY_S
            time.sleep(_LOOK_EVERY_S)

    # What is true

    def open_campaigns(self) -> int:
        """How many are on their way, or rest until the user acts."""
        return len(set(self._open()) & set(self.dispatches))

    def ledger(self) -> Ledger:
        """Compare what the workspace says with what the servers took. It may be asked at any moment."""
        before = self._copies()
        with self.workspace.read() as session:
            query = select(Delivery.id, Delivery.dispatch_id, Delivery.address, Delivery.token, Delivery.state)
            rows = session.execute(query).all()
        after = self._copies()
        untruths, doubles = [], 0
        for row_id, _, address, token, state in rows:
            resent = self._resent[row_id]
            doubles += max(0, after[token] - 1 - resent)
            is_known_to_be_out = state in (SENDING, SENT, IN_DOUBT)
            if (state is SENT and not after[token]) or (not is_known_to_be_out and before[token] > resent):
                untruths.append(f"{address} is {state} and has {after[token]} copies ({resent} resent)")
            if not self._recipients.get(token, {address}) <= {address}:
                untruths.append(f"{address}'s message went to {self._recipients[token]}")
        if strange := after.keys() - {row.token for row in rows}:
            untruths.append(f"nobody has written down {strange}")
        for dispatch_id, count in Counter(row.dispatch_id for row in rows).items():
            if dispatch_id in self.dispatches and count != len(self.people):
                untruths.append(f"dispatch {dispatch_id} has {count} recipients")
        states = Counter(row.state for row in rows)
        is_settled = not any(state.is_open for state in states)
        return Ledger(states, after.total(), doubles, self._resent.total(), tuple(untruths), is_settled)

    def check(self) -> None:
        """Nothing may be untrue at any moment.

        Raises:
            AssertionError: something is.
        """
        ledger = self.ledger()
        assert not ledger.untruths, ledger.untruths
        assert not ledger.doubles, ledger

    def _copies(self) -> Counter[str]:
        """How many copies of each delivery the servers took until now, by its token."""
        for server in self.servers.all:
            count = len(server.mails)
            for mail in server.mails[:count]:
                found = _MESSAGE_ID.search(mail.content)
                token = found[1].decode() if found else repr(mail.content[:80])
                self._received[token] += 1
                self._recipients.setdefault(token, set()).add(mail.recipient)
            del server.mails[:count]
        return self._received.copy()

    def _open(self) -> list[int]:
        with self.workspace.read() as session:
            over = (DispatchState.FINISHED, DispatchState.CANCELLED)
            return list(session.scalars(select(Dispatch.id).where(Dispatch.state.not_in(over))))

    def _dispatch(self, which: int) -> int | None:
        return self.dispatches[which % len(self.dispatches)] if self.dispatches else None

    def _wish(self, deed: str, which: int) -> None:
        self.deeds[deed] += 1
        if dispatch_id := self._dispatch(which):
            with suppress(UserFacingError):  # it may be over
                getattr(campaigns, deed)(self.workspace, dispatch_id)
