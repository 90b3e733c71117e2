"""What goes wrong is told in one plain sentence, and as one JSON object to those who asked for one."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX
from app.sending.exit_codes import ExitCode
from tests.cli.conftest import Cli, Run

SENDER = "hello@practice.example"
SEND = ("send", "--yes", "--from", SENDER)


def a_wrong_key(cli: Cli) -> Run:
    cli.key_file.write_text(WorkspaceKey.generate().recovery_text())
    return cli.run("check", "--json")


def no_workspace(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", "/nowhere/x.mailspace", "--key-file", cli.key_file)


def no_workspace_and_no_key(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", "/nowhere/x.mailspace")


def no_workspace_named(cli: Cli) -> Run:
    return cli.bare("check", "--json")


def no_keyring(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path)


def no_key_file(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path, "--key-file", cli.path.parent / "none")


def a_key_file_that_is_a_folder(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path, "--key-file", cli.path.parent)


def a_key_file_that_is_no_text(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path, "--key-file", cli.path)


def a_key_file_with_something_else(cli: Cli) -> Run:
    cli.key_file.write_text("hunter2")
    return cli.run("check", "--json")


def a_closed_descriptor(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path, "--key-fd", 987)


def a_workspace_that_is_a_folder(cli: Cli) -> Run:
    return cli.bare("check", "--json", "--workspace", cli.path.parent, "--key-file", cli.key_file)


def a_file_that_is_there_already(cli: Cli) -> Run:
    return cli.run("new", "--json")


def a_folder_that_cannot_be_made(cli: Cli) -> Run:
    path = cli.key_file / f"x{SUFFIX}"
    return cli.bare("new", "--json", "--workspace", path, "--key-file", cli.key_file)


def an_unknown_time_zone(cli: Cli) -> Run:
    path = cli.path.parent / f"x{SUFFIX}"
    run = cli.bare("new", "--json", "--workspace", path, "--key-file", cli.key_file, "--time-zone", "Berlin")
    assert not path.exists()
    return run


def no_spreadsheet(cli: Cli) -> Run:
    return cli.run("import", "nowhere.xlsx", "--basis", "consent", "--json")


def a_spreadsheet_that_is_none(cli: Cli) -> Run:
    return cli.run("import", cli.path, "--basis", "consent", "--json")


def no_such_sheet(cli: Cli) -> Run:
    sample = Path(__file__).resolve().parents[2] / "resources" / "sample" / "contacts.xlsx"
    return cli.run("import", sample, "--sheet", "Nope", "--basis", "consent", "--json")


def an_unknown_list_to_export(cli: Cli) -> Run:
    return cli.run("export", cli.path.parent / "x.csv", "--list", "Poeple", "--json")


def an_export_of_an_unknown_kind(cli: Cli) -> Run:
    return cli.run("export", cli.path.parent / "x.pdf", "--json")


def an_export_into_no_folder(cli: Cli) -> Run:
    return cli.run("export", cli.path.parent / "none" / "x.csv", "--json")


def an_unknown_template(cli: Cli) -> Run:
    return cli.run(*SEND, "--template", "Newsleter", "--list", "People", "--json")


def an_unknown_list(cli: Cli) -> Run:
    return cli.run(*SEND, "--template", "Newsletter", "--list", "Poeple", "--json")


def an_unknown_sender(cli: Cli) -> Run:
    return cli.run("send", "--template", "Newsletter", "--list", "People", "--from", "me@example.com", "--json")


def an_unknown_campaign(cli: Cli) -> Run:
    return cli.run("send", "--campaign", "Sprong", "--yes", "--json")


def nothing_to_send(cli: Cli) -> Run:
    return cli.run("send", "--yes", "--json")


def an_unknown_campaign_to_report(cli: Cli) -> Run:
    return cli.run("report", "Sprong", "--json")


def an_agent_without_a_workspace(cli: Cli) -> Run:
    return cli.bare("agent", "--json", "--workspace", "/nowhere/x.mailspace", "--key-file", cli.key_file)


def backups_of_no_workspace(cli: Cli) -> Run:
    return cli.bare("backup", "--json", "--workspace", "/nowhere/x.mailspace", "--key-file", cli.key_file)


FAILURES: dict[Callable[[Cli], Run], str] = {
    a_wrong_key: "This key does not open “shop.mailspace”.",
    no_workspace: "There is no workspace “x.mailspace” here.",
    no_workspace_and_no_key: "There is no workspace “x.mailspace” here.",
    no_workspace_named: "No workspace is named.",
    no_keyring: "This computer has no keyring to take the key from.",
    no_key_file: "The key file “none” cannot be read.",
    a_key_file_that_is_a_folder: "The key file",
    a_key_file_that_is_no_text: "The key file “shop.mailspace” cannot be read.",
    a_key_file_with_something_else: "This is not a complete recovery key.",
    a_closed_descriptor: "The file descriptor 987 cannot be read.",
    a_workspace_that_is_a_folder: "There is no workspace",
    a_file_that_is_there_already: "There is already a file “shop.mailspace”.",
    a_folder_that_cannot_be_made: "The folder for the workspace cannot be made.",
    an_unknown_time_zone: "There is no time zone “Berlin”.",
    no_spreadsheet: "",
    a_spreadsheet_that_is_none: "",
    no_such_sheet: "",
    an_unknown_list_to_export: "There is no list “Poeple”.",
    an_export_of_an_unknown_kind: "",
    an_export_into_no_folder: "",
    an_unknown_template: "There is no template “Newsleter”.",
    an_unknown_list: "There is no list “Poeple”.",
    an_unknown_sender: "From which address is not clear.",
    an_unknown_campaign: "There is no campaign “Sprong”.",
    nothing_to_send: "What shall be sent is not clear.",
    an_unknown_campaign_to_report: "There is no campaign “Sprong”.",
    an_agent_without_a_workspace: "There is no workspace “x.mailspace” here.",
    backups_of_no_workspace: "There is no workspace “x.mailspace” here.",
}


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(("fail", "title"), FAILURES.items(), ids=[fail.__name__ for fail in FAILURES])
def test_it_is_told_in_one_sentence(imported: Cli, fail: Callable[[Cli], Run], title: str) -> None:
    run = fail(imported)
    error = run.json["error"]
    assert run.code == ExitCode.FAILED
    assert error["title"].startswith(title)
    assert error["title"].endswith((".", "?", "!"))
    assert run.sentence == f"{error['title']} {error['hint']}".strip()


@pytest.mark.parametrize("arguments", [["sned"], ["send", "--listt", "x"], ["import"], ["check", "--key-fd", "one"]])
def test_a_misspelt_command_is_a_usage_error(cli: Cli, arguments: list[str]) -> None:
    run = cli.bare(*arguments)
    assert run.code == ExitCode.USAGE
    assert run.err.startswith("usage: main.py")
    assert run.out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
def test_a_key_file_of_somebody_else_is_told_in_one_sentence(cli: Cli) -> None:
    cli.key_file.chmod(0)
    run = cli.run("check")
    assert run.code == ExitCode.FAILED
    assert run.sentence.startswith("The key file “key.txt” cannot be read.")
