"""The command line: the same work as in the window, for scripts, servers and tests. No Qt is imported."""

import argparse
import logging
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from app import __version__
from app.cli.keys import add_workspace_arguments
from app.cli.output import Output
from app.errors import Cancelled, UserFacingError
from app.models.states import LawfulBasis
from app.sending.exit_codes import ExitCode

logger = logging.getLogger(__name__)

_EPILOG = """\
Without a command the application opens.
Exit codes: 0 it worked, 1 it did not (the reason is one sentence), 2 the command was misspelt,
3 another agent is at work, 4 the check found problems.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command in *argv* and return the exit code."""
    args = _parser().parse_args(argv)
    output = Output(as_json=getattr(args, "json", False))
    try:
        return _command(args.run)(args, output)
    except UserFacingError as error:
        output.failure(error)
        return ExitCode.FAILED
    except (Cancelled, KeyboardInterrupt):
        output.failure(UserFacingError("It was stopped before it was done."))
        return ExitCode.FAILED


def _command(where: str) -> Callable[[argparse.Namespace, Output], int]:
    """The function `module:name`, imported only now: `--help` needs no database."""
    module, _, name = where.partition(":")
    command: Callable[[argparse.Namespace, Output], int] = getattr(import_module(f"app.cli.{module}"), name)
    return command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Mass mail from your own computer, through your own account.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_new(commands)
    _add_import(commands)
    _add_export(commands)
    _add_send(commands)
    _add_agent(commands)
    _add_report(commands)
    _add_maintenance(commands)
    return parser


_Commands = argparse._SubParsersAction  # noqa: SLF001  argparse gives the type no public name


def _add(
    commands: "_Commands[argparse.ArgumentParser]", name: str, run: str, text: str, *, example: str = ""
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"Example: main.py {example}" if example else None,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print one JSON object to standard output")
    return parser


def _add_demo(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands, "demo", "demo:run_demo", "do the whole job on a sample spreadsheet; nothing is kept or sent"
    )
    parser.add_argument("file", nargs="?", type=Path, help="another spreadsheet than the sample")


def _add_new(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "new", "maintenance:run_new", "make a workspace", example="new --workspace shop.mailspace")
    add_workspace_arguments(parser, is_new=True)
    parser.add_argument("--name", default="My organisation", help="the name of your organisation")
    parser.add_argument("--time-zone", default="UTC", help="an IANA time zone such as Europe/Berlin")


def _add_import(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "import",
        "contacts:run_import_command",
        "import contacts from a CSV or Excel file",
        example="import customers.xlsx --list Customers --basis existing_customer",
    )
    add_workspace_arguments(parser)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sheet", help="the sheet of the workbook; the first otherwise")
    parser.add_argument("--list", metavar="NAME", help="the list they go into; named after the file otherwise")
    parser.add_argument("--tag", action="append", default=[], metavar="NAME", help="a tag they all get; repeatable")
    parser.add_argument(
        "--basis",
        required=True,
        choices=[basis.value for basis in LawfulBasis],
        help="why they may be mailed; it is kept as evidence",
    )
    parser.add_argument("--source", metavar="TEXT", help="where the permission comes from, kept as evidence")
    parser.add_argument("--refused", type=Path, metavar="FILE", help="write the refused rows to this file")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen and store nothing")


def _add_export(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "export", "contacts:run_export_command", "write contacts to a .csv or .xlsx file")
    add_workspace_arguments(parser)
    parser.add_argument("file", type=Path)
    parser.add_argument("--list", metavar="NAME", help="only this list")


def _add_send(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(
        commands,
        "send",
        "transactional:run_send_command",
        "send a campaign, a template to lists, or a single message that passes them",
        example='send --template "Newsletter" --list Customers --from shop@example.com --yes --wait',
    )
    add_workspace_arguments(parser)
    parser.add_argument("--campaign", metavar="NAME", help="a campaign prepared before, by name or number")
    parser.add_argument("--template", metavar="NAME")
    parser.add_argument("--list", action="append", default=[], metavar="NAME", help="repeatable")
    parser.add_argument("--subject", metavar="TEXT", help="instead of the template's")
    parser.add_argument("--from", dest="sender", metavar="ADDRESS", help="one of the workspace's From addresses")
    parser.add_argument("--name", metavar="TEXT", help="what the campaign is called in reports")
    parser.add_argument("--yes", action="store_true", help="really send; a single message needs none")
    parser.add_argument("--wait", action="store_true", help="send it here and now, and print what became of it")
    single = parser.add_argument_group("a single message, to somebody who asked for it: a receipt, a confirmation")
    single.add_argument("--to", metavar="ADDRESS", help="the one recipient, who need not be a contact")
    single.add_argument("--to-name", metavar="TEXT", help="shown by {{ to_name }}")
    single.add_argument("--data", type=Path, metavar="FILE", help="merge values: a JSON object; - for standard input")
    single.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="one merge value; repeatable")
    single.add_argument("--reply-to", metavar="ADDRESS", help="where answers go")
    single.add_argument("--key", metavar="TEXT", help="your name for the message: it is sent once, however often asked")


def _add_agent(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "agent", "agent:run_agent_command", "send what is due until told to stop")
    add_workspace_arguments(parser)
    parser.add_argument("--leave-with-app", action="store_true", help=argparse.SUPPRESS)


def _add_report(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "report", "reporting:run_report", "print what became of a campaign's messages")
    add_workspace_arguments(parser)
    parser.add_argument("campaign", nargs="?", metavar="CAMPAIGN", help="its name or number; all are listed otherwise")
    parser.add_argument("--messages", type=Path, metavar="FILE", help="write each message's outcome to a .csv or .xlsx")


def _add_maintenance(commands: "_Commands[argparse.ArgumentParser]") -> None:
    backup = _add(commands, "backup", "maintenance:run_backup", "copy the workspace to its backup folder")
    add_workspace_arguments(backup)
    backup.add_argument("--list", action="store_true", help="list the backups instead")
    backup.add_argument("--keep", type=int, default=10, metavar="N", help="how many to keep (10)")
    check = _add(commands, "check", "maintenance:run_check", "read all of the workspace and say if it is sound")
    add_workspace_arguments(check)
