"""`report`: what became of the messages of a campaign."""

import argparse

from rich.markup import escape
from rich.table import Table

from app.cli.keys import open_workspace
from app.cli.output import Output
from app.errors import UserFacingError
from app.models.states import DeliveryState
from app.reports.metrics import DispatchReport, ReasonCount, dispatch_report, reason_counts
from app.sending.campaigns import CampaignInfo, list_campaigns
from app.sending.exit_codes import ExitCode
from app.sending.wording import reason_words, state_words


def run_report(args: argparse.Namespace, output: Output) -> int:
    """Print the report of a campaign, or the list of all campaigns; write its messages to a file if asked to."""
    workspace = open_workspace(args)
    try:
        campaigns = list_campaigns(workspace)
        if args.campaign is None:
            _print_list(campaigns, output)
            return ExitCode.OK
        campaign = find_campaign(campaigns, args.campaign)
        if campaign.dispatch_id is None:
            raise UserFacingError(f"“{campaign.name}” was not sent yet.", "There is nothing to report.")
        report = dispatch_report(workspace, campaign.dispatch_id)
        reasons = reason_counts(workspace, campaign.dispatch_id)
        if args.messages is not None:
            # openpyxl takes longer to import than all the rest.
            from app.reports.export import export_deliveries

            export_deliveries(workspace, campaign.dispatch_id, args.messages, words=_words)
        print_report(report, reasons, output)
        output.result(as_data(report, reasons))
    finally:
        workspace.close()
    return ExitCode.OK


def find_campaign(campaigns: tuple[CampaignInfo, ...], name_or_id: str) -> CampaignInfo:
    """The campaign of that name or number; the newest, if several share the name.

    Raises:
        UserFacingError: there is none.
    """
    for campaign in campaigns:
        if name_or_id in (campaign.name, str(campaign.id)):
            return campaign
    raise UserFacingError(f"There is no campaign “{name_or_id}”.", "main.py report names all of them.")


def print_report(report: DispatchReport, reasons: tuple[ReasonCount, ...], output: Output) -> None:
    """The report as text."""
    console = output.console
    console.print(f"\n[bold]{escape(report.campaign_name)}[/] – {report.status.value.replace('_', ' ')}")
    console.print(f"Subject: {report.subject}\nFrom: {report.sender} through {report.account_name}", markup=False)
    if report.problem:
        console.print(f"[bold red]{escape(report.problem)}[/]")
    table = Table(box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for state in DeliveryState:
        if report.counts[state]:
            table.add_row(f"{report.counts[state]:,}", state_words(state))
    console.print(table)
    for reason in reasons:
        console.print(f"{reason.count:,} {state_words(reason.state)}: {reason_words(reason.reason)}")


def as_data(report: DispatchReport, reasons: tuple[ReasonCount, ...]) -> dict[str, object]:
    """The report for a program."""
    return {
        "campaign": report.campaign_name,
        "dispatch": report.dispatch_id,
        "status": report.status.value,
        "problem": report.problem,
        "counts": {state.value: report.counts[state] for state in DeliveryState},
        "reasons": [{"state": one.state.value, "reason": one.reason, "count": one.count} for one in reasons],
    }


def _print_list(campaigns: tuple[CampaignInfo, ...], output: Output) -> None:
    table = Table("No.", "Campaign", "State", box=None, header_style="bold")
    for campaign in campaigns:
        table.add_row(str(campaign.id), escape(campaign.name), campaign.status.value.replace("_", " "))
    output.console.print(table if campaigns else "No campaigns yet.")
    output.result({"campaigns": [{"id": one.id, "name": one.name, "status": one.status.value} for one in campaigns]})


def _words(state: DeliveryState, reason: str) -> tuple[str, str]:
    return state_words(state), reason_words(reason)
