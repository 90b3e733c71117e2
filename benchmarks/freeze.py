"""How fast the audience of a dispatch is written down: one delivery for each contact, in an encrypted file whose commit
is on disk, the message compiled on the way. Each round freezes a fresh copy that nobody has read since it was made.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from rich.console import Console

from app.models.workspace import Workspace
from app.reports.metrics import dispatch_report
from app.sending import campaigns
from app.sending.plan import freeze
from benchmarks.figures import Figure
from benchmarks.keys import dkim_key_pem
from benchmarks.processes import load_average
from benchmarks.product import Product

ROUNDS = 3
_SIZES = (200_000, 1_000_000)
_CONNECTIONS = 10
_PORT = 25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("--contacts", type=int, nargs="+", default=_SIZES, help="how many (200000 1000000)")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Freeze audiences of all sizes; a figure is the median over the rounds."""
    figures, pem = [], dkim_key_pem()
    for size in args.contacts:
        with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder:
            product = Product.build_big(Path(folder), size, dkim_key_pem=pem, connections=_CONNECTIONS)
            rates, cpu = [], []
            for number in range(1, args.rounds + 1):
                seconds, used = _freeze(product)
                rates.append(size / seconds)
                cpu.append(used / size * 1e6)
                console.print(
                    f"round {number}: {size:9,} contacts {rates[-1]:7,.0f}/s, {cpu[-1]:.1f} µs CPU each, "
                    f"load {load_average():.1f}"
                )
        name = f"freeze.{size}"
        figures += [
            Figure(name, statistics.median(rates), "contacts/s", "an encrypted file", goal=100_000),
            Figure(f"{name}.cpu", statistics.median(cpu), "µs", "CPU time a contact, whatever else the machine does"),
        ]
    return figures


def _freeze(product: Product) -> tuple[float, float]:
    """The seconds for everybody in a copy of the workspace, by the clock and of CPU time."""
    with product.copied(_PORT) as copy:
        with closing(Workspace.open(copy, product.key)) as workspace:
            dispatch_id = campaigns.launch(workspace, product.campaign_id, grace=campaigns.NO_GRACE)
        with closing(Workspace.open(copy, product.key, durable=True)) as workspace:
            begun, begun_cpu = time.perf_counter(), time.process_time()
            is_done = freeze(workspace, dispatch_id)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
            left = dispatch_report(workspace, dispatch_id).counts.left
    if not is_done or left != product.recipients:
        raise SystemExit(f"{left} deliveries wait where {product.recipients} should.")
    return seconds, cpu
