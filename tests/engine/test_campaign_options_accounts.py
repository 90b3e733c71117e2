"""Several accounts for one campaign: who sends how much."""

import pytest
from sqlalchemy import select

from app.errors import UserFacingError
from app.models.states import DispatchState
from app.models.tables import CampaignRoute, Delivery
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, dispatch_report
from app.sending import campaigns
from app.sending.accounts import add_practice_account, list_identities
from app.sending.outlook import ways_of
from tests.engine.builders import add_contacts, an_account
from tests.engine.drafts import a_draft, what_arrives
from tests.sending.smtp_server import SmtpServer

pytestmark = pytest.mark.any_workspace


async def test_several_accounts_share_a_campaign(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, [f"p{number}@example.com" for number in range(40)])
    campaign_id = a_draft(workspace, smtp_server.port)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    second, spare = an_account(workspace, smtp_server.port), an_account(workspace, smtp_server.port)
    assert first is not None
    campaigns.set_routes(workspace, campaign_id, {first: 3, second: 1, spare: 0})
    await what_arrives(workspace, smtp_server, campaign_id)
    dispatch_id = campaigns.get_campaign(workspace, campaign_id).dispatch_id
    assert dispatch_id is not None
    rows = delivery_page(workspace, delivery_ids(workspace, dispatch_id))
    with workspace.read() as session:
        used = session.scalars(select(Delivery.account_id).distinct()).all()
    assert len(rows) == 40
    assert len(used) == 2
    assert [way.weight for way in ways_of(workspace, dispatch_id)] == [3, 1, 0]


def test_routes_need_a_share_and_real_accounts(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    assert first is not None
    second = an_account(workspace, 25)
    add_practice_account(workspace)
    practice = list_identities(workspace)[-1].id
    with pytest.raises(UserFacingError, match="None of the accounts has a share"):
        campaigns.set_routes(workspace, campaign_id, {first: 0, second: 0})
    with pytest.raises(UserFacingError, match="practice account cannot share"):
        campaigns.set_routes(workspace, campaign_id, {first: 1, practice: 1})
    campaigns.set_routes(workspace, campaign_id, {first: 2, second: 1})
    campaigns.set_routes(workspace, campaign_id, {second: 1})
    info = campaigns.get_campaign(workspace, campaign_id)
    assert (info.identity_id, info.routes, info.shares) == (second, {}, {second: 1})


def test_another_sender_takes_the_share_of_the_one_before(workspace: Workspace) -> None:
    campaign_id = a_draft(workspace)
    first = campaigns.get_campaign(workspace, campaign_id).identity_id
    assert first is not None
    second, third = an_account(workspace, 25), an_account(workspace, 25)
    campaigns.set_routes(workspace, campaign_id, {first: 70, second: 30})
    campaigns.change_campaign(workspace, campaign_id, identity_id=third)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {third: 70, second: 30}
    campaigns.change_campaign(workspace, campaign_id, identity_id=second)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {}
    campaigns.set_routes(workspace, campaign_id, {first: 70, second: 30})
    add_practice_account(workspace)
    campaigns.change_campaign(workspace, campaign_id, identity_id=list_identities(workspace)[-1].id)
    assert campaigns.get_campaign(workspace, campaign_id).routes == {}


def test_a_route_whose_account_is_gone_is_forgotten(workspace: Workspace) -> None:
    from app.sending.accounts import remove_account

    campaign_id = a_draft(workspace)
    info = campaigns.get_campaign(workspace, campaign_id)
    assert info.identity_id is not None
    second = an_account(workspace, 25)
    campaigns.set_routes(workspace, campaign_id, {info.identity_id: 0, second: 1})
    account_id = next(one.account_id for one in list_identities(workspace) if one.id == second)
    remove_account(workspace, account_id)
    with workspace.read() as session:
        assert len(session.scalars(select(CampaignRoute)).all()) == 1
    add_contacts(workspace, ["ann@example.com"])
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    assert dispatch_report(workspace, dispatch_id).state is DispatchState.PLANNED
