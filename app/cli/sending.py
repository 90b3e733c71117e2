"""`send` and `agent`: messages on their way."""

import argparse
import asyncio
import contextlib

from app.audience.audience import Audience
from app.audience.lists import all_lists
from app.cli.keys import open_workspace, workspace_key, workspace_path
from app.cli.output import Output
from app.cli.reporting import as_data, find_campaign, print_report
from app.cli.watch import follow
from app.content.library import list_templates
from app.errors import UserFacingError
from app.models.states import AccountKind, CampaignStatus
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, reason_counts
from app.sending import campaigns
from app.sending.accounts import IdentityInfo, list_identities
from app.sending.agent import run_agent, serve
from app.sending.exit_codes import ExitCode
from app.sending.lease import AgentAtWork


def run_agent_command(args: argparse.Namespace, output: Output) -> int:
    """Send what is due until told to stop."""
    path = workspace_path(args)
    try:
        serve(path, workspace_key(args, path), leave_with_app=args.leave_with_app)
    except AgentAtWork as error:
        output.failure(error)
        return ExitCode.AGENT_AT_WORK
    return ExitCode.OK


def run_send(args: argparse.Namespace, output: Output) -> int:
    """Send a campaign that was prepared in the app, or a template to lists."""
    workspace = open_workspace(args, durable=True)
    try:
        campaign_id = _campaign(workspace, args)
        if not args.yes:
            raise UserFacingError(
                f"“{campaigns.get_campaign(workspace, campaign_id).name}” is ready.", "Add --yes to send it."
            )
        dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
        if not args.wait:
            output.console.print("It goes out as soon as the app or an agent is running.")
            output.result({"campaign": campaign_id, "dispatch": dispatch_id})
            return ExitCode.OK
        report = asyncio.run(send_and_follow(workspace, dispatch_id, output))
        reasons = reason_counts(workspace, dispatch_id)
        print_report(report, reasons, output)
        output.result(as_data(report, reasons))
        return ExitCode.OK if report.status is CampaignStatus.FINISHED else ExitCode.FAILED
    finally:
        workspace.close()


async def send_and_follow(workspace: Workspace, dispatch_id: int, output: Output) -> DispatchReport:
    """Be the agent, unless one is at work already, until the dispatch is over or needs the user.

    Raises:
        WorkspaceUnavailable: the workspace cannot be written.
    """
    stop = asyncio.Event()
    agent = asyncio.create_task(run_agent(workspace, stop=stop))
    following = asyncio.create_task(follow(workspace, dispatch_id, output))
    await asyncio.wait({agent, following}, return_when=asyncio.FIRST_COMPLETED)
    if agent.done():
        with contextlib.suppress(AgentAtWork):
            agent.result()
    report = await following
    stop.set()
    with contextlib.suppress(AgentAtWork):
        await agent
    return report


def _campaign(workspace: Workspace, args: argparse.Namespace) -> int:
    if args.campaign is not None:
        return find_campaign(campaigns.list_campaigns(workspace), args.campaign).id
    if args.template is None or not args.list:
        raise UserFacingError("What shall be sent is not clear.", "Add --campaign, or --template and --list.")
    template = next((one for one in list_templates(workspace) if one.name == args.template), None)
    if template is None:
        names = ", ".join(f"“{one.name}”" for one in list_templates(workspace))
        raise UserFacingError(f"There is no template “{args.template}”.", f"There are {names}.")
    lists = {one.name: one.id for one in all_lists(workspace)}
    missing = [name for name in args.list if name not in lists]
    if missing:
        raise UserFacingError(f"There is no list “{missing[0]}”.", f"There are {', '.join(lists)}.")
    identity = _identity(list_identities(workspace), args.sender)
    campaign_id = campaigns.create_campaign(
        workspace,
        name=args.name or template.name,
        template_id=template.id,
        identity_id=identity.id,
        audience=Audience(list_ids=frozenset(lists[name] for name in args.list)),
    )
    if args.subject is not None:
        campaigns.change_campaign(workspace, campaign_id, subject=args.subject)
    return campaign_id


def _identity(identities: tuple[IdentityInfo, ...], address: str | None) -> IdentityInfo:
    for identity in identities:
        if address in (identity.address, identity.account_name):
            return identity
    own = [identity for identity in identities if identity.account_kind is not AccountKind.PRACTICE]
    if address is None and len(own) == 1:
        return own[0]
    known = ", ".join(identity.address for identity in identities)
    raise UserFacingError("From which address is not clear.", f"Add --from with one of {known}.")
