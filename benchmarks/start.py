"""From start to the first painted window, with an existing workspace, against a bare QMainWindow; both offscreen.

A figure is the median over the rounds of the ratio within a round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from app.system_packages import TESTS, explain, missing
from benchmarks.figures import Figure, median_ratio
from tools.session import session_command, session_environment

ROUNDS = 9
_ROOT = Path(__file__).resolve().parent.parent


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """This benchmark has no arguments of its own."""


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Start both in turns and compare."""
    if sys.platform != "linux":
        raise SystemExit("This benchmark needs a session of its own, which only Linux has.")
    if lacking := missing(TESTS):
        raise SystemExit(explain(lacking))
    console.print(f"Starting a bare window and the application {args.rounds} times each")
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as home:
        environment = session_environment(Path(home)) | {"MASS_MAIL_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            session_command([sys.executable, "-m", "benchmarks.openings", str(args.rounds)]),
            cwd=_ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    seconds: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    for name, values in seconds.items():
        console.print(f"{name:7} {statistics.median(values) * 1000:5.0f} ms ({_range(values)})")
    against = "a bare QMainWindow, first paint"
    return [
        Figure("start.window", median_ratio(seconds["window"], seconds["bare"]), "×", against, goal=3, better="lower"),
        Figure("start.page", median_ratio(seconds["page"], seconds["bare"]), "×", f"{against}; workspace open"),
    ]


def _range(values: list[float]) -> str:
    return f"{min(values) * 1000:.0f}–{max(values) * 1000:.0f}"
