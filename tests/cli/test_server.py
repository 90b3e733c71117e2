"""The command line on a workspace in a PostgreSQL database."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.keys import WorkspaceKey
from app.models.location import parse_location
from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.sending.exit_codes import ExitCode
from tests.cli.conftest import MAIN, Cli
from tests.postgres import PASSWORD, Cluster

PEOPLE = "E-mail,First name\nann@example.org,Ann\nbo@example.org,Bo\n"


@pytest.fixture
def url(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty database, as one may write it on a command line: the password is in the environment."""
    made = cluster.database()
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    yield str(parse_location(made))
    cluster.drop(made)


def test_the_whole_job_is_done_on_a_server(cli: Cli, url: str, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE)
    opens = ("--workspace", url, "--key-file", cli.key_file)
    assert cli.bare("new", *opens, "--name", "Blumen Berger").code == ExitCode.OK
    imported = cli.bare("import", *opens, people, "--list", "Customers", "--basis", "consent", "--json")
    assert imported.code == ExitCode.OK, imported.err
    sent = cli.bare(
        "send", *opens, "--template", "Newsletter", "--list", "Customers", "--from", "hello@practice.example",
        "--yes", "--wait", "--json",
    )  # fmt: skip
    assert sent.code == ExitCode.OK, sent.err
    assert sent.json["counts"][DeliveryState.SENT.value] == 2
    report = cli.bare("report", *opens, "1", "--json")
    assert report.json["status"] == "finished"
    exported = tmp_path / "out.csv"
    assert cli.bare("export", *opens, exported).code == ExitCode.OK
    assert "bo@example.org" in exported.read_text(encoding="utf-8-sig")
    assert cli.bare("check", *opens, "--json").json["sound"] is True
    assert "pg_dump" in cli.bare("backup", *opens).sentence
    assert "pg_dump" in cli.bare("backup", *opens, "--list").sentence


def test_a_password_on_the_command_line_is_refused(cli: Cli, url: str) -> None:
    run = cli.bare("check", "--workspace", url.replace("@", ":s3cret@"), "--key-file", cli.key_file)
    assert "read by everybody" in run.sentence
    assert "s3cret" not in run.err


def test_an_agent_gets_its_secrets_through_its_input_and_ends_with_it(url: str, key: WorkspaceKey) -> None:
    Workspace.create(url, key, organisation="A").close()
    environment = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
    arguments = ["agent", "--workspace", url, "--key-fd", "0", "--password-fd", "0", "--leave-with-app"]
    agents = [
        subprocess.Popen(
            [*MAIN, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        for _ in range(2)
    ]
    try:
        for agent in agents:
            assert agent.stdin
            assert agent.stdout
            agent.stdin.write(f"{key.recovery_text()}\n{PASSWORD}\n".encode())
            agent.stdin.flush()
        for agent in agents:
            assert agent.stdout
            assert agent.stdout.readline().startswith(b"At work")
            for name in ("cmdline", "environ"):
                assert PASSWORD.encode() not in Path(f"/proc/{agent.pid}/{name}").read_bytes()
        for agent in agents:
            agent.communicate(timeout=30)
            assert agent.returncode == ExitCode.OK
    finally:
        for agent in agents:
            agent.kill()
            agent.wait()
