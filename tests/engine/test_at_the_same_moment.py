"""Two who decide about one campaign at the same moment, in a workspace on a server: one comes after the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.errors import UserFacingError
from app.models.states import DeliveryState, DispatchState
from app.models.tables import Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending import launching, outbox, plan, second_tries
from app.sending.plan import freeze
from tests.engine.builders import a_campaign, add_contacts, an_account, launched

MEANWHILE_S = 0.5


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, where: object, name: str, other: ThreadPoolExecutor, deed: Callable[[], Any]
) -> list[Future[Any]]:
    """Have *deed* done by another in the middle of what calls the function *name*: it has read, and not ended."""
    function, begun = getattr(where, name), list[Future[Any]]()

    def and_the_other(*arguments: Any, **named: Any) -> Any:
        if not begun:
            begun.append(other.submit(deed))
            wait(begun, timeout=MEANWHILE_S)
        return function(*arguments, **named)

    monkeypatch.setattr(where, name, and_the_other)
    return begun


def test_who_launches_a_campaign_twice_at_once_mails_nobody_twice(
    shared: Workspace, monkeypatch: pytest.MonkeyPatch, other: ThreadPoolExecutor
) -> None:
    add_contacts(shared, ["ada@example.com"])
    campaign_id = a_campaign(shared, an_account(shared, 25))
    begun = meanwhile(monkeypatch, launching, "compile_campaign", other, lambda: launching.launch(shared, campaign_id))
    launching.launch(shared, campaign_id)
    with pytest.raises(UserFacingError, match="already sent"):
        begun[0].result()
    with shared.read() as session:
        assert session.scalar(select(func.count()).select_from(Dispatch)) == 1


def test_a_campaign_that_begins_at_the_moment_of_its_undo_keeps_its_deliveries(
    shared: Workspace, monkeypatch: pytest.MonkeyPatch, other: ThreadPoolExecutor
) -> None:
    add_contacts(shared, ["ada@example.com"])
    dispatch_id = launched(shared, an_account(shared, 25))
    begun = meanwhile(monkeypatch, plan, "compile_campaign", other, lambda: launching.take_back(shared, dispatch_id))
    assert freeze(shared, dispatch_id)
    with pytest.raises(UserFacingError, match="on their way"):
        begun[0].result()
    with shared.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1


def test_a_retry_in_the_moment_in_which_the_campaign_ends_forgets_nobody(
    shared: Workspace, monkeypatch: pytest.MonkeyPatch, other: ThreadPoolExecutor
) -> None:
    add_contacts(shared, ["ada@example.com"])
    dispatch_id = launched(shared, an_account(shared, 25))
    freeze(shared, dispatch_id)
    with shared.write() as session:
        session.execute(update(Delivery).values(state=DeliveryState.FAILED, reason="mailbox_full"))

    def finish() -> bool:
        with shared.write() as session:
            return outbox.finish_if_done(session, dispatch_id)

    begun = meanwhile(monkeypatch, second_tries, "_refuse_if_it_cannot_go", other, finish)
    assert second_tries.retry_failed(shared, dispatch_id) == 1
    assert not begun[0].result()
    with shared.read() as session:
        assert session.scalar(select(Dispatch.state)) is DispatchState.SENDING
