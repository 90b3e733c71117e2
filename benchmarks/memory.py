"""What the agent and its sending processes need at most for a dispatch, small and large: it must not grow with the
number of messages. Sizes take turns; a figure is the median over the rounds of the ratio within a round.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, median_ratio
from benchmarks.keys import dkim_key_pem
from benchmarks.processes import load_average
from benchmarks.product import Product
from benchmarks.sink import require_tools, smtp_sink

ROUNDS = 1
_FEW = 10_000
_CONNECTIONS = 10
_MIB = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("-n", "--messages", type=int, default=200_000, help="messages of the large dispatch (200000)")
    parser.add_argument("--few", type=int, default=_FEW, help=f"messages of the small one ({_FEW})")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Send a small and a large dispatch in turns and compare."""
    require_tools()
    sizes = (args.few, args.messages)
    peaks: dict[int, list[float]] = {size: [] for size in sizes}
    pem = dkim_key_pem()
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder, smtp_sink() as port:
        products = {size: _product(Path(folder) / f"for-{size}", size, pem, console) for size in sizes}
        for number in range(1, args.rounds + 1):
            for size in sizes:
                seconds, memory = products[size].send_and_watch(port)
                peaks[size].append(memory.total / _MIB)
                parts = " + ".join(f"{part / _MIB:.0f}" for part in memory.parts)
                console.print(
                    f"round {number}: {size:9,} messages {memory.total / _MIB:5.0f} MiB ({parts}), "
                    f"{size / seconds:.0f} messages/s, load {load_average():.1f}"
                )
    few, many = statistics.median(peaks[args.few]), statistics.median(peaks[args.messages])
    against = f"the peak with {args.few:,} messages, {few:.0f} MiB"
    ratio = median_ratio(peaks[args.messages], peaks[args.few])
    return [
        Figure(f"memory.{args.messages}", ratio, "×", against, goal=1.2, better="lower"),
        Figure("memory.peak", many, "MiB", "the agent and its sending processes together"),
    ]


def _product(folder: Path, size: int, pem: str, console: Console) -> Product:
    folder.mkdir()
    begun = time.perf_counter()
    product = Product.build_big(folder, size, dkim_key_pem=pem, connections=_CONNECTIONS)
    megabytes = product.master.stat().st_size / 1e6
    console.print(f"a workspace of {size:,} contacts, {megabytes:.0f} MB, in {time.perf_counter() - begun:.0f} s")
    return product
