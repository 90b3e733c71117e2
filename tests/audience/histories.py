"""Builders for the tests of behaviour: accounts, campaigns that were sent, and what people did with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.audience.events import NewEvent, record
from app.models.states import AccountKind, CampaignKind, DeliveryState, DispatchState, EventKind
from app.models.tables import (
    Account,
    Activity,
    Campaign,
    CampaignHour,
    Delivery,
    Dispatch,
    Engagement,
    Identity,
    Link,
    LinkClick,
)
from app.models.workspace import Workspace

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""When it is in the tests."""


def an_account(workspace: Workspace, kind: AccountKind = AccountKind.SMTP) -> int:
    """An account with one From address of the same id."""
    with workspace.write() as session:
        account = Account(name=f"Shop {kind}", kind=kind)
        session.add(account)
        session.flush()
        session.add(Identity(id=account.id, account_id=account.id, name="", address="shop@example.org"))
        return account.id


def a_sent_campaign(
    workspace: Workspace,
    name: str,
    people: Mapping[int, DeliveryState],
    *,
    account_id: int,
    at: datetime = NOON - timedelta(days=1),
    kind: CampaignKind = CampaignKind.CAMPAIGN,
) -> int:
    """A campaign that went out at *at*, and what became of its message to each of *people*."""
    with workspace.write() as session:
        campaign = Campaign(name=name, kind=kind)
        session.add(campaign)
        session.flush()
        dispatch = Dispatch(
            campaign_id=campaign.id,
            account_id=account_id,
            identity_id=account_id,
            state=DispatchState.FINISHED,
            due_at=at,
            started_at=at,
        )
        session.add(dispatch)
        session.flush()
        session.add_all(
            Delivery(
                dispatch_id=dispatch.id,
                contact_id=contact_id,
                address=f"{contact_id}@x.org",
                token=f"{campaign.id}-{contact_id}",
                state=state,
                settled_at=at,
            )
            for contact_id, state in people.items()
        )
        return campaign.id


def happened(
    workspace: Workspace, kind: EventKind, campaign_id: int, contact_id: int, at: datetime, url: str = ""
) -> None:
    """Record one event."""
    with workspace.write() as session:
        record(session, [NewEvent(kind, at, contact_id=contact_id, campaign_id=campaign_id, url=url)])


def sums(workspace: Workspace) -> dict[str, Sequence[tuple[object, ...]]]:
    """Every row of the sums of the events, in a lasting order; hours without anything are left out."""
    tables = (Activity, Engagement, Link, LinkClick, CampaignHour)
    found = {}
    with workspace.read() as session:
        for table in tables:
            columns = table.__table__.c
            rows = [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]
            found[table.__tablename__] = rows
    hours = found["campaign_hour"]
    found["campaign_hour"] = [row for row in hours if row[-1] or row[-2]]
    return found
