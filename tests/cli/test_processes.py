"""The program as the system starts it: a process with descriptors, signals, and libraries that may be missing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.models.keys import WorkspaceKey
from app.models.states import DeliveryState
from app.models.workspace import SUFFIX
from app.sending.exit_codes import ExitCode
from tests.cli.conftest import MAIN, Cli, in_a_process

_NO_QT = """
import sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6", "qasync", "pyqtgraph"}:
            raise ImportError(f"{name} is not to be imported")

sys.meta_path.insert(0, NoQt())
"""
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
SENDER = "hello@practice.example"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def without_qt(tmp_path: Path) -> dict[str, str]:
    """The environment of a computer on which no Qt is installed."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_NO_QT)
    return {"PYTHONPATH": str(site)}


def test_the_demo_does_the_whole_job_without_qt_and_leaves_no_file_behind(
    tmp_path: Path, without_qt: dict[str, str]
) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    run = in_a_process(home, "demo", "--json", env=without_qt | {"TMPDIR": str(temporary), "TEMP": str(temporary)})
    result = run.json
    assert run.code == ExitCode.OK, run.err
    assert result["is_right"] is True
    assert result["status"] == "finished"
    assert result["counts"]["sent"] > 100
    assert not home.exists()
    assert files_in(temporary) == []


def test_qt_is_really_forbidden_in_that_test(tmp_path: Path, without_qt: dict[str, str]) -> None:
    run = in_a_process(tmp_path, "-c", "import PySide6", prefix=[sys.executable], env=without_qt)
    assert "not to be imported" in run.err


def test_the_key_is_printed_by_new_alone_and_logged_by_nobody(cli: Cli, tmp_path: Path, people: Path) -> None:
    home, path = tmp_path / "home", tmp_path / f"new{SUFFIX}"
    made = in_a_process(home, "new", "--workspace", path, "--json", env=NO_KEYRING)
    key = WorkspaceKey.from_recovery_text(made.json["recovery_key"])
    cli.key_file.write_text(key.recovery_text())
    of_ours = ("--workspace", path, "--key-file", cli.key_file)
    runs = [
        in_a_process(home, "import", people, "--list", "People", "--basis", "consent", *of_ours),
        in_a_process(
            home, "send", "--template", "Newsletter", "--list", "People", "--from", SENDER, "--yes", "--wait", *of_ours
        ),
    ]
    logs = b"".join(log.read_bytes() for log in files_in(home))
    said = "".join(run.out + run.err for run in runs).encode() + made.err.encode() + logs
    assert [run.code for run in runs] == [ExitCode.OK] * 2, runs
    assert made.out.count(key.recovery_text()) == 1
    for secret in (key.recovery_text(), key.recovery_text().replace("-", ""), key.database_pragma()[3:-2]):
        assert secret.encode() not in said


def test_a_misspelt_command_ends_with_2_and_leaves_no_log(tmp_path: Path) -> None:
    run = in_a_process(tmp_path / "home", "../sned")
    assert run.code == ExitCode.USAGE
    assert "Traceback" not in run.err
    assert files_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows passes no descriptors on")
def test_a_descriptor_hands_over_the_key(cli: Cli, key: WorkspaceKey, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{key.recovery_text()}\nthis line is somebody else's\n".encode())
    os.close(writing)
    arguments = ("check", "--workspace", cli.path, "--key-fd", reading)
    run = in_a_process(tmp_path / "home", *arguments, pass_fds=(reading,))
    assert (run.code, run.out) == (ExitCode.OK, "The workspace is sound.\n")
    assert os.read(reading, 100) == b"this line is somebody else's\n"
    os.close(reading)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_send_stopped_by_a_signal_finishes_what_is_on_its_way_and_says_that_the_rest_waits(
    imported: Cli, tmp_path: Path, number: int
) -> None:
    slow = tmp_path / "slow.csv"
    slow.write_text("E-mail\n" + "".join(f"slow{number}@example.com\n" for number in range(40)))
    assert imported.run("import", slow, "--list", "Slow", "--basis", "consent").code == ExitCode.OK
    arguments = ["--template", "Newsletter", "--list", "Slow", "--from", SENDER, "--yes", "--wait", "--json"]
    of_ours = ["--workspace", str(imported.path), "--key-file", str(imported.key_file)]
    sending = subprocess.Popen(
        [*MAIN, "send", *arguments, *of_ours], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = imported.run("report", "--json").json["campaigns"]
        if found and imported.run("report", "1", "--json").json.get("counts", {}).get("sending"):  # launched by now
            break
        time.sleep(0.05)
    sending.send_signal(number)
    out, err = sending.communicate(timeout=30)
    counts = imported.run("report", "1", "--json").json["counts"]
    assert sending.returncode == ExitCode.FAILED
    assert "Traceback" not in err
    assert "goes on as soon as the app or an agent is running" in err
    assert '"status": "sending"' in out
    assert counts[DeliveryState.SENDING] == counts[DeliveryState.IN_DOUBT] == 0
    assert 0 < counts[DeliveryState.SENT] < 40
    assert counts[DeliveryState.SENT] + counts[DeliveryState.QUEUED] == 40
