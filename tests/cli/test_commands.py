"""What each command does when all is well."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX, Workspace
from app.sending import campaigns
from app.sending.exit_codes import ExitCode
from app.sending.practice_inbox import list_practice
from tests.cli.conftest import Cli

COMMANDS = ("demo", "new", "import", "export", "send", "agent", "report", "backup", "check")
SENDER = "hello@practice.example"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli: Cli, command: str) -> None:
    run = cli.bare(command, "--help")
    assert run.code == ExitCode.OK
    assert run.out.startswith(f"usage: main.py {command}")
    assert "--json" in run.out
    assert "SUPPRESS" not in run.out
    assert "--leave-with-app" not in run.out


def test_the_help_names_every_command_and_exit_code(cli: Cli) -> None:
    run = cli.bare("--help")
    assert run.code == ExitCode.OK
    assert all(f"    {command}" in run.out for command in COMMANDS)
    assert all(str(code.value) in run.out for code in ExitCode)


@pytest.mark.usefixtures("no_keyring")
def test_new_prints_the_recovery_key_once_and_it_opens_the_workspace(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / f"new{SUFFIX}"
    run = cli.bare("new", "--workspace", path, "--name", "Café [red]Berger", "--time-zone", "Europe/Berlin")
    (recovery,) = [line.strip() for line in run.out.splitlines() if line.count("-") == 13]
    workspace = Workspace.open(path, WorkspaceKey.from_recovery_text(recovery))
    assert run.code == ExitCode.OK
    assert run.err == ""
    assert "no keyring" in run.out
    assert workspace.organisation().name == "Café [red]Berger"
    workspace.close()


@pytest.mark.usefixtures("no_keyring")
def test_new_as_json_prints_the_recovery_key_once_as_well(cli: Cli, tmp_path: Path) -> None:
    run = cli.bare("new", "--json", "--workspace", tmp_path / f"new{SUFFIX}")
    WorkspaceKey.from_recovery_text(run.json["recovery_key"])
    assert run.json["recovery_key"] not in run.err


def test_new_with_a_key_of_ones_own_prints_none(cli: Cli, key: WorkspaceKey, tmp_path: Path) -> None:
    run = cli.bare("new", "--json", "--workspace", tmp_path / f"new{SUFFIX}", "--key-file", cli.key_file)
    assert run.json["recovery_key"] is None
    assert key.recovery_text() not in run.out + run.err


def test_import_reports_what_it_took_and_what_it_refused(cli: Cli, people: Path, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    run = cli.run("import", people, "--basis", "consent", "--tag", "spring", "--refused", refused)
    assert run.code == ExitCode.OK
    assert "4 rows: 3 accepted (3 new" in run.out
    assert "[/red]nobody" in run.out
    assert "[/red]nobody" in refused.read_text(encoding="utf-8-sig")


def test_import_as_json_is_one_object_and_a_dry_run_stores_nothing(cli: Cli, people: Path) -> None:
    dry = cli.run("import", people, "--basis", "consent", "--json", "--dry-run").json
    wet = cli.run("import", people, "--basis", "consent", "--json").json
    assert (dry["dry_run"], dry["new"]) == (True, 3)
    assert (wet["dry_run"], wet["new"], wet["rows"]) == (False, 3, 4)
    assert [row["row"] for row in wet["refused"]] == [5]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_export_writes_the_contacts_of_a_list(imported: Cli, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"out.{ending}"
    run = imported.run("export", target, "--list", "People", "--json")
    assert run.json == {"file": str(target), "contacts": 3}
    if ending == "csv":
        rows = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    else:
        rows = list(openpyxl.load_workbook(target).active.values)
    assert len(rows) == 4
    assert "anna@example.com" in rows[1]


def test_send_without_yes_says_to_how_many_and_leaves_nothing_behind(imported: Cli, opened: Workspace) -> None:
    run = imported.run("send", "--template", "Newsletter", "--list", "People", "--from", SENDER)
    assert run.code == ExitCode.FAILED
    assert run.sentence == "“Newsletter” would go to 3 of 3 contacts. Add --yes to send it."
    assert campaigns.list_campaigns(opened) == ()


def test_send_and_wait_sends_and_reports(imported: Cli, opened: Workspace) -> None:
    arguments = ("--template", "Newsletter", "--list", "People", "--from", SENDER, "--subject", "Hi [/] all")
    run = imported.run("send", *arguments, "--name", "Spring [/bold]", "--yes", "--wait", "--json")
    assert (run.code, run.json["status"], run.json["counts"]["sent"]) == (ExitCode.OK, "finished", 3)
    assert {entry.subject for entry in list_practice(opened)} == {"Hi [/] all"}
    text = imported.run("report", "Spring [/bold]")
    assert text.code == ExitCode.OK
    assert "Spring [/bold] – finished" in text.out
    assert "Spring [/bold]" in imported.run("report").out
    assert imported.run("report", "1", "--json").json["counts"]["sent"] == 3


def test_what_is_sent_without_waiting_goes_out_with_the_next_agent(imported: Cli, opened: Workspace) -> None:
    run = imported.run("send", "--template", "Newsletter", "--list", "People", "--from", SENDER, "--yes")
    assert "as soon as the app or an agent is running" in run.out
    assert list_practice(opened) == ()
    assert imported.run("report", "--json").json["campaigns"][0]["status"] in {"scheduled", "sending"}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_report_writes_each_message(imported: Cli, tmp_path: Path, ending: str) -> None:
    imported.run("send", "--template", "Newsletter", "--list", "People", "--from", SENDER, "--yes", "--wait")
    target = tmp_path / f"messages.{ending}"
    assert imported.run("report", "Newsletter", "--messages", target).code == ExitCode.OK
    if ending == "csv":
        assert target.read_text(encoding="utf-8-sig").count("@example.com") == 3
    else:
        assert len(list(openpyxl.load_workbook(target).active.values)) == 4


def test_backup_makes_lists_and_rotates_copies(cli: Cli, key: WorkspaceKey) -> None:
    made = [cli.run("backup", "--json", "--keep", "2").json["backup"] for _ in range(3)]
    listed = cli.run("backup", "--list", "--json").json["backups"]
    assert listed == made[:0:-1]
    assert cli.run("backup", "--list").out.splitlines() == listed
    Workspace.open(Path(made[-1]), key).close()


def test_check_finds_a_sound_workspace_sound(cli: Cli) -> None:
    assert cli.run("check").out == "The workspace is sound.\n"
    assert cli.run("check", "--json").json == {"sound": True, "problems": []}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_check_finds_damage(imported: Cli, share: float) -> None:
    data = bytearray(imported.path.read_bytes())
    data[int(len(data) * share)] ^= 1
    imported.path.write_bytes(data)
    run = imported.run("check", "--json")
    assert run.code == ExitCode.PROBLEMS_FOUND
    assert run.json["sound"] is False
    assert run.json["problems"]
    text = imported.run("check")
    assert text.code == ExitCode.PROBLEMS_FOUND
    assert "Open the latest backup" in text.out


def test_the_systemd_credential_opens_the_workspace(
    cli: Cli, tmp_path: Path, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mass-mail-key").write_text(key.recovery_text())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert cli.bare("check", "--workspace", cli.path).code == ExitCode.OK


def test_the_workspace_opened_last_in_the_app_is_taken_if_none_is_named(cli: Cli, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.json").write_text(json.dumps({"version": 1, "workspace": str(cli.path)}))
    assert cli.bare("check", "--key-file", cli.key_file).code == ExitCode.OK
