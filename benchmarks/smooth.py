"""How late a timer of 16 ms is in the window's event loop while the agent sends flat out, and while it has a rest.

The whole application runs as `main.py` starts it, offscreen: an encrypted workspace, its key in a keyring, the report
of the running campaign on show, the agent its child. A figure is the median over the rounds.
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
from benchmarks.figures import Figure
from benchmarks.keys import dkim_key_pem
from benchmarks.processes import load_average
from benchmarks.product import Product, patience_s
from benchmarks.sink import require_tools, smtp_sink
from tools.session import session_command, session_environment

ROUNDS = 3
_ROOT = Path(__file__).resolve().parent.parent
_CONNECTIONS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("-n", "--messages", type=int, default=100_000, help="messages that wait (100000)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each measurement is (20)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Open the application in each round, send, and listen to its timer."""
    require_tools()
    if lacking := missing(TESTS):
        raise SystemExit(explain(lacking))
    p99: dict[str, list[float]] = {"busy": [], "idle": []}
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder, smtp_sink() as port:
        product = Product.build_big(Path(folder), args.messages, dkim_key_pem=dkim_key_pem(), connections=_CONNECTIONS)
        for number in range(1, args.rounds + 1):
            found = _listen(product, port, args.seconds)
            for name, late in (("busy", found["busy"]), ("idle", found["idle"])):
                p99[name].append(percentile(late, 99))
                console.print(f"round {number}: {name} {_words(late)}")
            console.print(f"round {number}: {found['rate']:.0f} messages/s meanwhile, load {load_average():.1f}")
    busy, idle = (statistics.median(p99[name]) for name in ("busy", "idle"))
    return [
        Figure("smooth.busy", busy, "ms", "late at p99, while the agent sends", goal=8, better="lower"),
        Figure("smooth.idle", idle, "ms", "late at p99, nothing going on"),
    ]


def percentile(values: list[float], share: int) -> float:
    """What *share* percent of *values* do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def _words(late: list[float]) -> str:
    return (
        f"p50 {percentile(late, 50):.2f}, p99 {percentile(late, 99):.2f}, most {max(late):.1f} ms late of {len(late)}"
    )


def _listen(product: Product, port: int, seconds: float) -> dict[str, list[float]]:
    """One round: `busy` and `idle`, milliseconds late by tick, and `rate`, messages a second while it was busy."""
    with product.copied(port) as copy, tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as home:
        environment = session_environment(Path(home)) | {"MASS_MAIL_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-m", "benchmarks.ticking", str(copy), str(product.campaign_id), str(seconds)]
        done = subprocess.run(
            session_command(command),
            cwd=_ROOT,
            env=os.environ | environment,
            input=f"{product.key.recovery_text()}\n".encode(),
            stdout=subprocess.PIPE,
            check=True,
            timeout=patience_s(product.recipients),
        )
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found
