"""`new`, `backup` and `check`: the workspace itself."""

import argparse
import zoneinfo

from app.cli.keys import given_key, open_workspace, workspace_location
from app.cli.output import Output
from app.errors import UserFacingError
from app.models.backup import BackedUpByServer, check, list_backups, make_backup
from app.models.database import WorkspaceDamaged
from app.models.keys import WorkspaceKey
from app.models.vault import VaultUnavailable, open_vault
from app.models.workspace import Location, ServerLocation, workspace_id
from app.sending.exit_codes import ExitCode
from app.sending.furnish import create_furnished


def run_new(args: argparse.Namespace, output: Output) -> int:
    """Make a workspace, keep its key in the keyring unless one was given, and print the recovery key once."""
    if args.time_zone not in zoneinfo.available_timezones():
        raise UserFacingError(f"There is no time zone “{args.time_zone}”.", "Take one such as Europe/Berlin.")
    given = given_key(args)
    location = workspace_location(args)
    key = given or WorkspaceKey.generate()
    create_furnished(location, key, organisation=args.name, time_zone=args.time_zone).close()
    if given is None and not output.as_json:
        # Before the keyring has a chance to fail: without this text nobody would ever open the file again.
        output.console.print(f"Recovery key (write it down, it is shown only now):\n\n    {key.recovery_text()}\n")
    if given is None and not _keep(location, key):
        output.console.print("This computer has no keyring: every command needs the key, by --key-file or --key-fd.")
    output.result({"workspace": str(location), "recovery_key": None if given else key.recovery_text()})
    return ExitCode.OK


def _keep(location: Location, key: WorkspaceKey) -> bool:
    """Store *key* in the keyring; whether there is one."""
    vault = open_vault()
    if vault is None:
        return False
    try:
        vault.store(workspace_id(location), key)
    except VaultUnavailable:
        return False
    return True


def run_backup(args: argparse.Namespace, output: Output) -> int:
    """Copy the workspace, or list its copies."""
    if args.list:
        location = workspace_location(args)
        if isinstance(location, ServerLocation):
            raise BackedUpByServer(location)
        backups = list_backups(location)
        for backup in backups:
            output.console.print(str(backup), soft_wrap=True, markup=False)
        output.result({"backups": [str(backup) for backup in backups]})
        return ExitCode.OK
    workspace = open_workspace(args)
    try:
        with output.progress() as bar:
            task = bar.add_task("Copying")
            made = make_backup(
                workspace,
                keep=args.keep,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        workspace.close()
    output.console.print(f"Backup: {made}", soft_wrap=True, markup=False)
    output.result({"backup": str(made)})
    return ExitCode.OK


def run_check(args: argparse.Namespace, output: Output) -> int:
    """Read all of the workspace and say whether it is sound."""
    try:
        workspace = open_workspace(args)
        try:
            problems = check(workspace).problems
        finally:
            workspace.close()
    except WorkspaceDamaged as error:
        problems = (error.title,)
    output.result({"sound": not problems, "problems": problems})
    if not problems:
        output.console.print("The workspace is sound.")
        return ExitCode.OK
    for problem in problems:
        output.console.print(problem, markup=False)
    output.console.print("The workspace is damaged. Open the latest backup: main.py backup --list names them.")
    return ExitCode.PROBLEMS_FOUND
