"""`demo`: the whole job in the terminal, on the sample spreadsheet, without leaving a trace."""

import argparse
import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from app import paths
from app.audience import contacts
from app.audience.addresses import to_ascii_domain
from app.audience.audience import Audience
from app.audience.fields import list_fields
from app.audience.proposal import plan_import
from app.audience.status import MailStatus
from app.cli.contacts import import_with_progress, print_report
from app.cli.output import Output
from app.cli.reporting import as_data
from app.cli.reporting import print_report as print_dispatch
from app.cli.sending import send_and_follow
from app.content.library import list_templates
from app.models.keys import WorkspaceKey
from app.models.states import FieldType, LawfulBasis
from app.models.workspace import SUFFIX, Workspace
from app.reports.metrics import reason_counts
from app.sending import campaigns
from app.sending.accounts import list_identities
from app.sending.exit_codes import ExitCode
from app.sending.furnish import create_furnished
from app.sending.practice_inbox import KEPT, list_practice

SAMPLE = "sample/contacts.xlsx"
TEMPLATE = "newsletter"


@dataclass(frozen=True)
class Verdict:
    """Whether everybody got what they were to get: the addresses that got it wrongly."""

    missing: tuple[str, ...]
    repeated: tuple[str, ...]
    uninvited: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return not (self.missing or self.repeated or self.uninvited)


def run_demo(args: argparse.Namespace, output: Output) -> int:
    """Import, compile, freeze, send through the practice server, and report. The key lives in memory alone."""
    with tempfile.TemporaryDirectory(prefix="mass-mail-demo-") as folder:
        workspace = create_furnished(
            Path(folder) / f"demo{SUFFIX}", WorkspaceKey.generate(), organisation="Blumen Berger"
        )
        try:
            return _run(workspace, args.file or paths.resources() / SAMPLE, output)
        finally:
            workspace.close()


def _run(workspace: Workspace, spreadsheet: Path, output: Output) -> int:
    console = output.console
    console.rule("1  Import")
    plan = plan_import(
        workspace,
        spreadsheet,
        new_list_name="Customers",
        basis=LawfulBasis.CONSENT,
        source=f"Imported from {spreadsheet.name}",
    )
    imported = import_with_progress(workspace, plan, output)
    print_report(imported, output)
    console.rule("2  Compose and send")
    template = next(one for one in list_templates(workspace) if one.starter == TEMPLATE)
    campaign_id = campaigns.create_campaign(
        workspace,
        name="Demo",
        template_id=template.id,
        identity_id=list_identities(workspace)[0].id,
        audience=Audience(everyone=True),
    )
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    console.print(
        f"Template “{template.name}”, subject “{template.subject}”, through the practice account.", markup=False
    )
    report = asyncio.run(send_and_follow(workspace, dispatch_id, output))
    console.rule("3  Report")
    reasons = reason_counts(workspace, dispatch_id)
    print_dispatch(report, reasons, output)
    verdict = _judge(workspace)
    _print_verdict(verdict, output)
    output.result({"accepted": imported.accepted, "is_right": verdict.is_right, **as_data(report, reasons)})
    return ExitCode.OK if verdict.is_right else ExitCode.FAILED


def _judge(workspace: Workspace) -> Verdict:
    """Compare what lies in the practice server's inbox with who was to get a message."""
    arrived = Counter(entry.recipient for entry in list_practice(workspace, limit=KEPT))
    invited, others = _addresses(workspace)
    return Verdict(
        missing=tuple(sorted(invited - arrived.keys())),
        repeated=tuple(sorted(address for address, count in arrived.items() if count > 1)),
        uninvited=tuple(sorted(others & arrived.keys())),
    )


def _addresses(workspace: Workspace) -> tuple[set[str], set[str]]:
    """The addresses of those who can be mailed, and of those who must not be, as SMTP carries them."""
    email = next(field for field in list_fields(workspace) if field.type is FieldType.EMAIL)
    invited, others = set[str](), set[str]()
    for row in contacts.page(workspace, contacts.ids(workspace, contacts.ContactQuery()), [email]):
        group = invited if row.status is MailStatus.MAILABLE else others
        group.add(to_ascii_domain(str(row.values[0])))
    return invited, others


def _print_verdict(verdict: Verdict, output: Output) -> None:
    if verdict.is_right:
        output.console.print(
            "\n[bold green]Everybody who may be mailed got exactly one message; nobody else got one.[/]"
        )
        return
    for words, addresses in (
        ("got no message", verdict.missing),
        ("got more than one", verdict.repeated),
        ("should not have got one", verdict.uninvited),
    ):
        for address in addresses:
            output.console.print(f"[bold red]{escape(address)} {words}[/]")
