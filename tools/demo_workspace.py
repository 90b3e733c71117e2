"""A workspace in the middle of a working day, for pictures: people, templates, campaigns sent and planned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app import paths
from app.audience.audience import Audience
from app.audience.importer import run_import
from app.audience.lists import all_lists
from app.audience.proposal import plan_import
from app.content.library import list_templates
from app.models.base import utcnow
from app.models.keys import WorkspaceKey
from app.models.states import AccountKind, CampaignStatus, LawfulBasis
from app.models.tables import Account, Campaign
from app.models.workspace import SUFFIX, OrganisationInfo, Workspace
from app.reports.metrics import dispatch_report
from app.sending import campaigns
from app.sending.accounts import list_identities
from app.sending.agent import run_agent
from app.sending.furnish import create_furnished
from tools.demo_accounts import add_accounts

_POSTAL_ADDRESS = "Gartenweg 7, 53111 Bonn, Germany"


async def build_workspace(folder: Path) -> Workspace:
    """Make the workspace in *folder*: its first campaigns are really sent, through the practice server."""
    workspace = create_furnished(
        folder / f"Blumen Berger{SUFFIX}",
        WorkspaceKey.generate(),
        organisation="Blumen Berger",
        time_zone="Europe/Berlin",
    )
    workspace.set_organisation(OrganisationInfo("Blumen Berger", _POSTAL_ADDRESS, "Europe/Berlin"))
    plan = plan_import(
        workspace,
        paths.resources() / "sample" / "contacts.xlsx",
        new_list_name="Customers",
        tags=("Newsletter 2026",),
        basis=LawfulBasis.CONSENT,
        source="Sign-up sheet in the shop",
    )
    run_import(workspace, plan)
    add_accounts(workspace)
    await _send(workspace, "Opening hours in spring", "announcement")
    await _send(workspace, "March newsletter", "newsletter")
    _draft(workspace, "An evening in our garden", "invitation")
    planned = _draft(workspace, "Balcony offer", "offer")
    campaigns.launch(workspace, planned, at=utcnow() + timedelta(days=2, hours=3))
    return workspace


def _draft(workspace: Workspace, name: str, starter: str) -> int:
    template = next(one for one in list_templates(workspace) if one.starter == starter)
    return campaigns.create_campaign(
        workspace,
        name=name,
        template_id=template.id,
        identity_id=list_identities(workspace)[-1].id,
        audience=Audience(list_ids=frozenset(one.id for one in all_lists(workspace))),
    )


async def _send(workspace: Workspace, name: str, starter: str) -> None:
    dispatch_id = campaigns.launch(workspace, _draft(workspace, name, starter), grace=campaigns.NO_GRACE)
    async with _agent(workspace):
        while dispatch_report(workspace, dispatch_id).status is not CampaignStatus.FINISHED:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def practising(workspace: Workspace, name: str) -> AsyncIterator[int]:
    """Send a campaign slowly while the context lasts, and give its id; afterwards it is as if it had never been."""
    with workspace.write() as session:
        account = session.scalars(select(Account).where(Account.kind == AccountKind.PRACTICE)).one()
        account.per_second = 12
    campaign_id = _draft(workspace, name, "offer")
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    async with _agent(workspace):
        yield campaign_id
        campaigns.pause(workspace, dispatch_id)
    with workspace.write() as session:
        session.delete(session.get_one(Campaign, campaign_id))


def find_campaign(workspace: Workspace, name: str) -> campaigns.CampaignInfo:
    """The campaign called *name*."""
    return next(one for one in campaigns.list_campaigns(workspace) if one.name == name)


@asynccontextmanager
async def _agent(workspace: Workspace) -> AsyncIterator[None]:
    stop = asyncio.Event()
    agent = asyncio.create_task(run_agent(workspace, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await agent
