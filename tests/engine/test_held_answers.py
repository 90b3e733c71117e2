"""What a server has answered is written down, even if that takes several tries."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy.orm import Session

from app.models.database import WorkspaceUnavailable
from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import dispatch_report
from app.sending import ledger
from app.sending.agent import run_agent
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import an_agent, until_rest
from tests.sending.smtp_server import SmtpServer

PEOPLE = [f"p{number}@example.com" for number in range(30)]
settle = ledger.settle


def fails(session: Session, **_: object) -> None:
    raise WorkspaceUnavailable("The disk is full.", "Free some space.")


async def test_an_answer_that_cannot_be_written_down_at_first_is_not_in_doubt(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_TRY_AGAIN_S", 0.05)
    tries = Counter[str]()

    def fails_at_first(session: Session, **arguments: object) -> None:
        tries["all"] += 1
        (fails if tries["all"] <= 6 else settle)(session, **arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "settle", fails_at_first)
    add_contacts(workspace, PEOPLE)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {DeliveryState.SENT: 30}
    assert Counter(smtp_server.recipients) == Counter(PEOPLE)


async def test_an_answer_is_not_held_for_ever(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_TRY_AGAIN_S", 0.05)
    monkeypatch.setattr(ledger, "HOLD_S", 0.2)
    monkeypatch.setattr(ledger, "settle", fails)
    add_contacts(workspace, PEOPLE)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    with pytest.raises(WorkspaceUnavailable, match="full"):
        await asyncio.wait_for(run_agent(workspace, stop=asyncio.Event()), 20)
    monkeypatch.setattr(ledger, "settle", settle)
    claimed = dispatch_report(workspace, dispatch_id).counts[DeliveryState.SENDING]
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert 0 < report.counts[DeliveryState.IN_DOUBT] == claimed
    assert report.counts[DeliveryState.SENT] == 30 - claimed
    assert set(Counter(smtp_server.recipients).values()) == {1}
