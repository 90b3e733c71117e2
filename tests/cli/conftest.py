"""The command line, run in this process or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.fail
import pytest

from app.cli.main import main
from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX, Workspace
from app.sending.furnish import create_furnished

ROOT = Path(__file__).resolve().parents[2]
MAIN = [sys.executable, str(ROOT / "main.py")]


@dataclass(frozen=True)
class Run:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object it printed."""
        (line,) = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    @property
    def sentence(self) -> str:
        """Why it did not work: one line on standard error."""
        assert "Traceback" not in self.err
        (line,) = self.err.splitlines()
        return line


@dataclass(frozen=True)
class Cli:
    """Runs commands on one workspace.

    Attributes:
        path: The workspace file.
        key_file: What opens it.
    """

    path: Path
    key_file: Path
    _capture: pytest.CaptureFixture[str]

    def bare(self, *arguments: object) -> Run:
        """Run exactly *arguments*."""
        self._capture.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ending:  # argparse
            code = ending.code if isinstance(ending.code, int) else 1
        out, err = self._capture.readouterr()
        return Run(code, out, err)

    def run(self, command: str, *arguments: object) -> Run:
        """Run *command* on the workspace."""
        return self.bare(command, "--workspace", self.path, "--key-file", self.key_file, *arguments)


def in_a_process(home: Path, *arguments: object, prefix: list[str] | None = None, **options: Any) -> Run:
    """Run a command as a process of its own, with its files in *home*."""
    environment = os.environ | {"MASS_MAIL_HOME": str(home)} | options.pop("env", {})
    done = subprocess.run(
        [*(prefix or MAIN), *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        **options,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def cli(tmp_path: Path, key: WorkspaceKey, capsys: pytest.CaptureFixture[str]) -> Cli:
    """A furnished workspace and its key in a file."""
    path, key_file = tmp_path / f"shop{SUFFIX}", tmp_path / "key.txt"
    create_furnished(path, key, organisation="Blumen Berger").close()
    key_file.write_text(f"{key.recovery_text()}\n")
    return Cli(path, key_file, capsys)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A spreadsheet with three people, one address that is none, and one person who looks like markup."""
    path = tmp_path / "people.csv"
    path.write_text(
        "E-mail;First name\nanna@example.com;Anna\nben@example.com;Ben\ncleo@example.com;[/bold]\n[/red]nobody;Dora\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def imported(cli: Cli, people: Path) -> Cli:
    """The workspace with those people in the list “People”."""
    assert cli.run("import", people, "--list", "People", "--basis", "consent").code == 0
    return cli


@pytest.fixture
def no_keyring() -> Iterator[None]:
    """A computer without a keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def opened(cli: Cli, key: WorkspaceKey) -> Iterator[Workspace]:
    """The workspace, to look into."""
    workspace = Workspace.open(cli.path, key)
    yield workspace
    workspace.close()
