"""What must be written down about the messages of one dispatch: claims before they leave, outcomes after.

One write of a kind at a time: what comes up meanwhile goes into the next, so the busier it is, the fewer commits.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from app.models.database import WorkspaceUnavailable
from app.models.group_writer import GroupWriter
from app.models.states import SkipReason
from app.models.workspace import Workspace
from app.sending import outbox
from app.sending.deliveries import LeasedDelivery
from app.sending.settlements import Settlement, settle

HOLD_S = 20.0
"""How long an answer is held that cannot be written down."""
_TRY_AGAIN_S = 0.5


class Ledger:
    """Claims and settles the deliveries of a dispatch, in groups."""

    def __init__(
        self,
        workspace: Workspace,
        writer: GroupWriter,
        dispatch_id: int,
        *,
        agent_id: int | None,
        refused: Callable[[LeasedDelivery, int], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """
        Args:
            refused: Is told of each delivery that must not go any more, and of its account.
            failed: Is told of a write that could not be done.
        """
        self._workspace = workspace
        self._writer = writer
        self._dispatch_id = dispatch_id
        self._agent_id = agent_id
        self._refused = refused
        self._failed = failed
        self._claims: list[_Claim] = []
        self._claiming: dict[int, _Claim] = {}
        self._claimed: set[int] = set()
        self._settlements: list[Settlement] = []
        self._is_writing_claims = False
        self._is_writing_settlements = False
        self._background: set[asyncio.Task[None]] = set()

    def claim(self, delivery: LeasedDelivery, account_id: int) -> "asyncio.Future[bool]":
        """Start making a delivery durably `sending`; the contract is `Feed.claim`'s."""
        claim = _Claim(delivery, account_id, asyncio.get_running_loop().create_future())
        self._claiming[delivery.id] = claim
        self._claims.append(claim)
        if not self._is_writing_claims:
            self._is_writing_claims = True
            self._start(self._write_claims())
        return claim.granted

    def is_claimed(self, delivery: LeasedDelivery) -> bool:
        """Whether the workspace has it as `sending`."""
        return delivery.id in self._claimed

    def hold_until_claimed(self, delivery: LeasedDelivery, settle: Callable[[], None]) -> bool:
        """Whether a claim of the delivery is being written. Then *settle* is called if it is granted.

        The connection broke meanwhile; what there is to undo is known only when the claim is done.
        """
        claim = self._claiming.get(delivery.id)
        if claim is None:
            return False
        claim.when_granted = settle
        return True

    def settle(self, settlement: Settlement) -> None:
        """Write down the end of an attempt."""
        self._claimed.discard(settlement.delivery.id)
        self._settlements.append(settlement)
        if not self._is_writing_settlements:
            self._is_writing_settlements = True
            self._start(self._write_settlements())

    def skip(self, delivery: LeasedDelivery, explanation: str) -> None:
        """Write down that a message could not be made."""
        self._start(self._write_skip(delivery.id, explanation))

    async def close(self) -> None:
        """Wait until all is written."""
        while self._background:
            await asyncio.wait(self._background)

    async def _write_claims(self) -> None:
        try:
            while self._claims:
                account_id = self._claims[0].account_id
                group = [claim for claim in self._claims if claim.account_id == account_id]
                self._claims = [claim for claim in self._claims if claim.account_id != account_id]
                await self._write_group(account_id, group)
        except Exception as error:
            # Nobody would come for those that are waiting.
            waiting, self._claims = self._claims, []
            self._give_up(waiting, error)
            raise
        finally:
            self._is_writing_claims = False

    async def _write_group(self, account_id: int, claims: "list[_Claim]") -> None:
        wanted = [claim.delivery.id for claim in claims]
        try:
            claimed = await self._writer.write(
                lambda session: outbox.claim(
                    session, self._workspace, self._dispatch_id, wanted, account_id=account_id, agent_id=self._agent_id
                )
            )
        except Exception as error:
            self._give_up(claims, error)
            raise
        for claim in claims:
            del self._claiming[claim.delivery.id]
            is_granted = claim.delivery.id in claimed
            if is_granted:
                self._claimed.add(claim.delivery.id)
            claim.answer(is_granted)
            if not is_granted:
                self._refused(claim.delivery, claim.account_id)
            elif claim.when_granted is not None:
                claim.when_granted()

    def _give_up(self, claims: "list[_Claim]", error: Exception) -> None:
        """They could not be written down, so nothing of them leaves."""
        for claim in claims:
            del self._claiming[claim.delivery.id]
            claim.fail(error)
            if claim.when_granted is not None:
                self._refused(claim.delivery, claim.account_id)

    async def _write_settlements(self) -> None:
        try:
            while self._settlements:
                settled, self._settlements = self._settlements, []
                await self._insist(
                    partial(settle, workspace=self._workspace, settlements=settled, agent_id=self._agent_id)
                )
        finally:
            self._is_writing_settlements = False

    async def _insist(self, work: Callable[[Session], None]) -> None:
        """Write what would be in doubt otherwise; if the disk is full or the database away, again for a while.

        What is not sent yet needs no such patience: a claim that fails stops the dispatch at once.

        Raises:
            WorkspaceUnavailable: it is still so after `HOLD_S`.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + HOLD_S
        while True:
            try:
                await self._writer.write(work)
            except WorkspaceUnavailable:
                if clock() >= until:
                    raise
                await asyncio.sleep(_TRY_AGAIN_S)
            else:
                return

    async def _write_skip(self, delivery_id: int, explanation: str) -> None:
        await self._writer.write(
            lambda session: outbox.skip(session, delivery_id, SkipReason.CONTENT_ERROR, explanation)
        )

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._failed(error)


@dataclass(slots=True)
class _Claim:
    """A claim that is being written."""

    delivery: LeasedDelivery
    account_id: int
    granted: "asyncio.Future[bool]"
    when_granted: Callable[[], None] | None = None

    def answer(self, is_granted: bool) -> None:
        if not self.granted.done():
            self.granted.set_result(is_granted)

    def fail(self, error: Exception) -> None:
        if not self.granted.done():
            self.granted.set_exception(error)
            # The connection may be gone and never look; the ledger itself tells of the error.
            self.granted.exception()
