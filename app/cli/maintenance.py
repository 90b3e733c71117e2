"""`new`, `backup` and `check`: the workspace file itself."""

import argparse
from pathlib import Path

from rich.progress import Progress

from app.cli.keys import given_key, open_workspace, workspace_path
from app.cli.output import Output
from app.errors import UserFacingError
from app.models.backup import check, list_backups, make_backup
from app.models.keys import WorkspaceKey
from app.models.vault import open_vault
from app.models.workspace import workspace_id
from app.sending.exit_codes import ExitCode
from app.sending.furnish import create_furnished


def run_new(args: argparse.Namespace, output: Output) -> int:
    """Make a workspace, keep its key in the keyring unless one was given, and print the recovery key once."""
    path: Path = args.workspace
    given = given_key(args)
    key = given or WorkspaceKey.generate()
    vault = open_vault() if given is None else None
    create_furnished(path, key, organisation=args.name, time_zone=args.time_zone).close()
    if vault is not None:
        vault.store(workspace_id(path), key)
    if given is None:
        output.console.print(f"Recovery key (write it down, it is shown only now):\n\n    {key.recovery_text()}\n")
    if given is None and vault is None:
        output.console.print("This computer has no keyring: every command needs the key, by --key-file or --key-fd.")
    output.result({"workspace": str(path), "recovery_key": None if given else key.recovery_text()})
    return ExitCode.OK


def run_backup(args: argparse.Namespace, output: Output) -> int:
    """Copy the workspace, or list its copies."""
    if args.list:
        backups = list_backups(workspace_path(args))
        for backup in backups:
            output.console.print(str(backup), soft_wrap=True)
        output.result({"backups": [str(backup) for backup in backups]})
        return ExitCode.OK
    workspace = open_workspace(args)
    try:
        with Progress(console=output.console, transient=True) as bar:
            task = bar.add_task("Copying")
            made = make_backup(
                workspace,
                keep=args.keep,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        workspace.close()
    output.console.print(f"Backup: {made}", soft_wrap=True)
    output.result({"backup": str(made)})
    return ExitCode.OK


def run_check(args: argparse.Namespace, output: Output) -> int:
    """Read every page of the workspace and say whether it is sound."""
    workspace = open_workspace(args)
    try:
        report = check(workspace)
    finally:
        workspace.close()
    for problem in report.problems:
        output.console.print(problem)
    if report.is_sound:
        output.console.print("The workspace is sound.")
    else:
        output.failure(
            UserFacingError("The workspace is damaged.", "Open the latest backup: main.py backup --list names them.")
        )
        return ExitCode.PROBLEMS_FOUND
    output.result({"sound": True, "problems": []})
    return ExitCode.OK
