"""A server that takes connections and drops them costs nobody a message, and is not run at with the whole queue."""

import asyncio

import pytest
from sqlalchemy import update

from app.models.base import utcnow
from app.models.states import DeliveryState
from app.models.tables import Delivery
from app.models.workspace import Workspace
from app.reports.metrics import dispatch_report
from app.sending import connections
from tests.engine.builders import add_contacts, an_account, launched
from tests.engine.conftest import an_agent, until
from tests.sending.smtp_server import DROP, Fault, SmtpServer, Step, answer_and_drop

PEOPLE = [f"p{number}@example.com" for number in range(300)]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (Step.MAIL, DROP),
        (Step.RCPT, DROP),
        (Step.DATA, DROP),
        (Step.MAIL, answer_and_drop("421 4.3.2 Service not available")),
    ],
    ids=["MAIL", "RCPT", "DATA", "421"],
)
async def test_a_server_that_drops_before_the_content_is_left_alone_and_then_gets_everything(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, step: Step, fault: Fault
) -> None:
    monkeypatch.setattr(connections, "_RECONNECT_S", (0.3,))
    smtp_server.always[step] = fault
    add_contacts(workspace, PEOPLE)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=2))
    async with an_agent(workspace):
        await asyncio.sleep(3)
        assert 2 <= smtp_server.sessions <= 2 * (3 / 0.3 + 3)
        counts = dispatch_report(workspace, dispatch_id).counts
        assert counts[DeliveryState.DEFERRED] <= smtp_server.sessions
        assert counts.left == len(PEOPLE)
        smtp_server.always.clear()
        await until(workspace, dispatch_id, lambda one: one.counts[DeliveryState.QUEUED] == 0)
        with workspace.write() as session:
            deferred = Delivery.state == DeliveryState.DEFERRED
            session.execute(update(Delivery).where(deferred).values(due_at=utcnow()))
        report = await until(workspace, dispatch_id, lambda one: not one.counts.left)
    assert report.counts.by_state == {DeliveryState.SENT: len(PEOPLE)}
    assert sorted(smtp_server.recipients) == sorted(PEOPLE)
