"""Quitting happens once per process, so each of these runs in its own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, os, signal, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMainWindow, QPushButton
from app.ui.application import App, run
from app.ui.operations import Operations

async def main(app: App) -> None:
    window = QMainWindow()
    window.show()
    operations = Operations()
    operations.run(asyncio.sleep(60))
    {how}
    await app.until_asked_to_quit()
    await operations.drain()
    window.close()
    print("cleaned up", flush=True)

raise SystemExit(run(main))
"""

WAYS = {
    "window closed": "QTimer.singleShot(50, window.close)",
    "quit()": "QTimer.singleShot(50, app.quit)",
    "SIGTERM": "asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)",
    "SIGINT": "asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)",
}


def run_program(how: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(how=how)
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=root,
    )


@pytest.mark.parametrize("way", WAYS)
def test_main_cleans_up_however_the_program_is_asked_to_quit(way: str) -> None:
    ended = run_program(WAYS[way])
    assert (ended.returncode, ended.stdout) == (0, "cleaned up\n"), ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_signal_number_is_not_the_exit_code() -> None:
    assert run_program(WAYS["SIGTERM"]).returncode != -signal.SIGTERM


def test_a_bug_in_a_slot_opens_the_crash_dialog_once_and_the_program_goes_on() -> None:
    ended = run_program(
        """
    button = QPushButton()
    button.clicked.connect(lambda: 1 / 0)
    for _ in range(3):
        button.click()
    await asyncio.sleep(0.1)
    from app.ui.crash import CrashDialog
    print(sum(isinstance(top, CrashDialog) for top in app.topLevelWidgets()), "dialog", flush=True)
    QTimer.singleShot(50, app.quit)
"""
    )
    assert ended.stdout == "1 dialog\ncleaned up\n", ended.stderr
    assert ended.returncode == 0


def test_a_bug_in_main_ends_the_program_with_a_traceback() -> None:
    ended = run_program("raise KeyError('unexpected')")
    assert ended.returncode == 1
    assert "unexpected" in ended.stderr
