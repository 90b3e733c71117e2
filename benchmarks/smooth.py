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
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
_PERIOD_S = 0.016


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("-n", "--messages", type=int, default=100_000, help="messages that wait (100000)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each measurement is (20)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Open the application in each round, send, and listen to its timer."""
    require_tools()
    if lacking := missing(TESTS):
        raise SystemExit(explain(lacking))
    p99: dict[str, list[float]] = {"busy": [], "bare": [], "idle": []}
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder, smtp_sink() as port:
        product = Product.build_big(Path(folder), args.messages, dkim_key_pem=dkim_key_pem(), connections=_CONNECTIONS)
        for number in range(1, args.rounds + 1):
            heard = _listen(product, port, args.seconds)
            for name, late in (("busy", heard.busy), ("bare", heard.bare), ("idle", heard.idle)):
                p99[name].append(percentile(late, 99))
                console.print(f"round {number}: {name} {_words(late)}")
            console.print(f"round {number}: {heard.rate:.0f} messages/s meanwhile, load {load_average():.1f}")
    busy, bare, idle = (statistics.median(values) for values in p99.values())
    return [
        Figure("smooth.busy", busy, "ms", "late at p99, while the agent sends", goal=8, better="lower"),
        Figure("smooth.bare", bare, "ms", "a bare timer's at the same time: what the machine alone costs"),
        Figure("smooth.idle", idle, "ms", "late at p99, nothing going on"),
    ]


@dataclass(frozen=True)
class _Heard:
    """One round: milliseconds late by tick, and how many messages were sent a second.

    Attributes:
        bare: Of a timer in a process that does nothing else, while the agent sends.
    """

    busy: list[float]
    bare: list[float]
    idle: list[float]
    rate: float


def percentile(values: list[float], share: int) -> float:
    """What *share* percent of *values* do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def _words(late: list[float]) -> str:
    return (
        f"p50 {percentile(late, 50):.2f}, p99 {percentile(late, 99):.2f}, most {max(late):.1f} ms late of {len(late)}"
    )


def _listen(product: Product, port: int, seconds: float) -> _Heard:
    with (
        product.copied(port) as copy,
        tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as home,
        _bare_ticks() as bare,
    ):
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
    heard = json.loads(done.stdout.splitlines()[-1])
    busy, idle = heard["busy"], heard["idle"]
    beside = [late for due, late in bare if busy["from"] <= due <= busy["to"]]
    return _Heard(busy["late"], beside, idle["late"], heard["rate"])


@contextmanager
def _bare_ticks() -> Iterator[list[tuple[float, float]]]:
    """When each tick of a timer in a thread of this process, which waits for another, was due; and how late it was."""
    ticks: list[tuple[float, float]] = []
    is_over = threading.Event()

    def tick() -> None:
        due = time.monotonic()
        while not is_over.is_set():
            due += _PERIOD_S
            time.sleep(max(0.0, due - time.monotonic()))
            ticks.append((due, (time.monotonic() - due) * 1000))

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield ticks
    finally:
        is_over.set()
        ticker.join()
