"""When the last message of a campaign will leave, said before it is sent and while it is."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.models.base import utcnow
from app.models.states import DeliveryState
from app.models.tables import Account, AccountUsage, Delivery
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.limits import Limits
from app.sending.outlook import outlook_of_dispatch, outlook_of_draft
from app.sending.plan import freeze
from tests.engine.builders import add_contacts, an_account
from tests.engine.drafts import a_draft

pytestmark = pytest.mark.any_workspace


def test_the_outlook_of_a_draft_knows_limits_usage_and_accounts(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    info = campaigns.get_campaign(workspace, campaign_id)
    assert info.identity_id is not None
    with workspace.write() as session:
        session.execute(update(Account).values(per_day=500))
    start = datetime(2030, 3, 4, 8, 0, tzinfo=UTC)
    alone = outlook_of_draft(workspace, info, 1400, at=start)
    assert alone is not None
    assert alone.forecast.ends_at is not None
    assert timedelta(days=2) <= alone.forecast.ends_at - start < timedelta(days=2, hours=1)
    assert alone.forecast.because == "because of the limit of 500 a day"
    second = an_account(workspace, 25, limits=Limits(per_day=500))
    campaigns.set_routes(workspace, campaign_id, {info.identity_id: 1, second: 1})
    shared = outlook_of_draft(workspace, campaigns.get_campaign(workspace, campaign_id), 1400, at=start)
    assert shared is not None
    assert shared.forecast.ends_at is not None
    assert timedelta(days=1) <= shared.forecast.ends_at - start < timedelta(days=1, hours=1)
    assert outlook_of_draft(workspace, info, 0) is None


def test_the_outlook_of_a_dispatch_counts_what_is_left_and_what_was_sent_today(workspace: Workspace) -> None:
    add_contacts(workspace, [f"p{number}@example.com" for number in range(30)])
    campaign_id = a_draft(workspace)
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    assert outlook_of_dispatch(workspace, dispatch_id) is None
    freeze(workspace, dispatch_id)
    now = utcnow()
    with workspace.write() as session:
        session.execute(update(Account).values(per_day=20))
        account_id = session.scalars(select(Account.id)).one()
        minute = int(now.timestamp()) // 60
        session.add(AccountUsage(account_id=account_id, minute=minute - 60, count=15))
        for row in session.scalars(select(Delivery).limit(15)):
            row.state, row.settled_at = DeliveryState.SENT, now - timedelta(hours=1)
    outlook = outlook_of_dispatch(workspace, dispatch_id)
    assert outlook is not None
    assert outlook.remaining == 15
    assert outlook.forecast.ends_at is not None
    # Five more today; the other ten a day after the fifteen.
    assert timedelta(hours=22) < outlook.forecast.ends_at - now < timedelta(hours=24)
    with workspace.write() as session:
        row = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED).limit(1)).one()
        row.state, row.due_at = DeliveryState.DEFERRED, now + timedelta(days=2)
    later = outlook_of_dispatch(workspace, dispatch_id)
    assert later is not None
    assert later.forecast.ends_at is not None
    assert later.forecast.ends_at - now > timedelta(days=1)
    assert "tried again later" in later.forecast.because
    campaigns.pause(workspace, dispatch_id)
    assert outlook_of_dispatch(workspace, dispatch_id) is None
