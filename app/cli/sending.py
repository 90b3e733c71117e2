"""`send`: a campaign on its way."""

import argparse
import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.audience.audience import Audience, count
from app.audience.lists import all_lists
from app.cli.keys import open_workspace
from app.cli.output import Output
from app.cli.reporting import as_data, find_campaign, print_report
from app.cli.watch import follow
from app.content.library import list_templates
from app.errors import UserFacingError
from app.models.states import AccountKind, CampaignStatus
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, dispatch_report, reason_counts
from app.sending import campaigns
from app.sending.accounts import IdentityInfo, list_identities
from app.sending.agent import run_agent, stopped_by_signals
from app.sending.exit_codes import ExitCode
from app.sending.lease import AgentAtWork

_TRY_AGAIN_S = 1.0


def run_send(args: argparse.Namespace, output: Output) -> int:
    """Send a campaign that was prepared in the app, or a template to lists."""
    workspace = open_workspace(args, durable=True)
    try:
        prepared = _prepared(workspace, args)
        if not args.yes:
            people = count(workspace, prepared.audience)
            raise UserFacingError(
                f"“{prepared.name}” would go to {people.mailable:,} of {people.total:,} contacts.",
                "Add --yes to send it.",
            )
        campaign_id = prepared.campaign_id()
        dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
        if not args.wait:
            output.console.print("It goes out as soon as the app or an agent is running.")
            output.result({"campaign": campaign_id, "dispatch": dispatch_id})
            return ExitCode.OK
        report = asyncio.run(send_and_follow(workspace, dispatch_id, output))
        reasons = reason_counts(workspace, dispatch_id)
        print_report(report, reasons, output)
        if report.status in (CampaignStatus.SCHEDULED, CampaignStatus.SENDING):
            output.console.print("It was stopped, and goes on as soon as the app or an agent is running.")
        output.result(as_data(report, reasons))
        return ExitCode.OK if report.status is CampaignStatus.FINISHED else ExitCode.FAILED
    finally:
        workspace.close()


async def send_and_follow(workspace: Workspace, dispatch_id: int, output: Output) -> DispatchReport:
    """Be the agent, unless and until one is at work already, as long as the dispatch needs one.

    Returns:
        The report once the dispatch is over, needs the user, or this process was told to stop.

    Raises:
        WorkspaceUnavailable: the workspace cannot be written.
    """
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        agent = asyncio.create_task(_be_the_agent(workspace, stop))
        following = asyncio.create_task(follow(workspace, dispatch_id, output))
        try:
            await asyncio.wait({agent, following}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            following.cancel()
            stop.set()
            await asyncio.gather(agent, following, return_exceptions=True)
    agent.result()
    return dispatch_report(workspace, dispatch_id)


async def _be_the_agent(workspace: Workspace, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(AgentAtWork):
            await run_agent(workspace, stop=stop)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _TRY_AGAIN_S)


@dataclass(frozen=True)
class _Prepared:
    """What is to be sent. `campaign_id` makes the campaign, if there is none yet."""

    name: str
    audience: Audience
    campaign_id: Callable[[], int]


def _prepared(workspace: Workspace, args: argparse.Namespace) -> _Prepared:
    if args.campaign is not None:
        campaign = find_campaign(campaigns.list_campaigns(workspace), args.campaign)
        return _Prepared(campaign.name, campaign.audience, lambda: campaign.id)
    if args.template is None or not args.list:
        raise UserFacingError("What shall be sent is not clear.", "Add --campaign, or --template and --list.")
    template = next((one for one in list_templates(workspace) if one.name == args.template), None)
    if template is None:
        raise UserFacingError(
            f"There is no template “{args.template}”.", _there_are(one.name for one in list_templates(workspace))
        )
    lists = {one.name: one.id for one in all_lists(workspace)}
    missing = [name for name in args.list if name not in lists]
    if missing:
        raise UserFacingError(f"There is no list “{missing[0]}”.", _there_are(lists))
    identity = identity_named(list_identities(workspace), args.sender)
    name, audience = args.name or template.name, Audience(list_ids=frozenset(lists[name] for name in args.list))

    def make() -> int:
        campaign_id = campaigns.create_campaign(
            workspace, name=name, template_id=template.id, identity_id=identity.id, audience=audience
        )
        if args.subject is not None:
            campaigns.change_campaign(workspace, campaign_id, subject=args.subject)
        return campaign_id

    return _Prepared(name, audience, make)


def _there_are(names: Iterable[str]) -> str:
    known = ", ".join(f"“{name}”" for name in names)
    return f"There are {known}." if known else "There are none yet."


def identity_named(identities: tuple[IdentityInfo, ...], address: str | None) -> IdentityInfo:
    """The From address *address*, or of an account of that name; without one, the only one there is.

    Raises:
        UserFacingError: there is none, or several.
    """
    for identity in identities:
        if address in (identity.address, identity.account_name):
            return identity
    own = [identity for identity in identities if identity.account_kind is not AccountKind.PRACTICE]
    if address is None and len(own) == 1:
        return own[0]
    known = ", ".join(identity.address for identity in identities)
    raise UserFacingError("From which address is not clear.", f"Add --from with one of {known}.")
