"""`import` and `export`: contacts in and out of the workspace."""

import argparse

from rich.markup import escape
from rich.table import Table

from app.audience.contacts import ContactQuery
from app.audience.export import export_contacts
from app.audience.fields import list_fields
from app.audience.import_plan import ImportPlan, ImportReport
from app.audience.importer import run_import, write_refused
from app.audience.lists import all_lists
from app.audience.proposal import plan_import
from app.cli.keys import open_workspace
from app.cli.output import Output
from app.errors import UserFacingError
from app.models.states import LawfulBasis
from app.models.workspace import Workspace
from app.sending.exit_codes import ExitCode

_SHOWN_ROWS = 20


def run_import_command(args: argparse.Namespace, output: Output) -> int:
    """Import a spreadsheet: its columns are recognised by their headers and what stands below them."""
    workspace = open_workspace(args)
    try:
        plan = plan_import(
            workspace,
            args.file,
            sheet=args.sheet,
            new_list_name=args.list or args.file.stem,
            tags=tuple(args.tag),
            basis=LawfulBasis(args.basis),
            source=args.source or f"Imported from {args.file.name}",
        )
        report = import_with_progress(workspace, plan, output, dry_run=args.dry_run)
        if args.refused is not None:
            write_refused(report, args.refused)
    finally:
        workspace.close()
    print_report(report, output, dry_run=args.dry_run)
    output.result(
        {
            "dry_run": args.dry_run,
            "rows": report.rows,
            "accepted": report.accepted,
            "new": report.new,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "merged": report.merged_in_file,
            "refused": [{"row": row.number, "value": row.value, "reason": row.reason} for row in report.refused],
        }
    )
    return ExitCode.OK


def run_export_command(args: argparse.Namespace, output: Output) -> int:
    """Write contacts to a CSV or XLSX file."""
    workspace = open_workspace(args)
    try:
        query = ContactQuery(list_id=_list_id(workspace, args.list) if args.list else None)
        with output.progress() as bar:
            task = bar.add_task("Writing")
            count = export_contacts(
                workspace,
                args.file,
                query,
                fields=list_fields(workspace),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        workspace.close()
    output.console.print(f"{count:,} contacts written to {args.file}", soft_wrap=True, markup=False)
    output.result({"file": str(args.file), "contacts": count})
    return ExitCode.OK


def import_with_progress(
    workspace: Workspace, plan: ImportPlan, output: Output, *, dry_run: bool = False
) -> ImportReport:
    """Run an import under a progress bar."""
    with output.progress() as bar:
        task = bar.add_task(f"Reading {escape(plan.path.name)}", total=None)
        return run_import(
            workspace,
            plan,
            dry_run=dry_run,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            is_cancelled=lambda: False,
        )


def print_report(report: ImportReport, output: Output, *, dry_run: bool = False) -> None:
    """What was accepted, merged and refused, and why."""
    console = output.console
    console.print(
        f"{report.rows:,} rows: [bold]{report.accepted:,} accepted[/] ({report.new:,} new, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged), {report.merged_in_file:,} merged with another row, "
        f"{len(report.refused):,} refused" + (" – nothing was stored" if dry_run else "")
    )
    if report.suppressed:
        console.print(f"{report.suppressed:,} of the accepted must not be mailed: unsubscribed, bounced or blocked.")
    if report.refused:
        table = Table("Row", "Address", "Why it was refused", box=None, header_style="bold")
        for row in report.refused[:_SHOWN_ROWS]:
            table.add_row(str(row.number), escape(row.value), escape(row.reason))
        console.print(table)
    if len(report.refused) > _SHOWN_ROWS:
        console.print(f"… and {len(report.refused) - _SHOWN_ROWS:,} more; --refused FILE writes them all.")
    for warning in report.warnings[:_SHOWN_ROWS]:
        console.print(f"Row {warning.number}, {warning.column}: left empty. {warning.reason}", markup=False)


def _list_id(workspace: Workspace, name: str) -> int:
    for one in all_lists(workspace):
        if one.name == name:
            return one.id
    raise UserFacingError(f"There is no list “{name}”.", "Check the name of the list.")
