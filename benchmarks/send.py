"""10,000 personalised messages of 30 KB, signed with DKIM rsa-2048, one recipient each, to smtp-sink on loopback.

The program runs as it really is: an encrypted workspace that syncs every claim to disk, its agent a process of its own.
Senders take turns (A B C A B C …); a figure is the median over the rounds of the ratio within a round.
"""

import argparse
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import newsletter, proof
from benchmarks.figures import Figure, median_ratio
from benchmarks.keys import dkim_key, pem_of
from benchmarks.processes import load_average
from benchmarks.product import Product
from benchmarks.rivals import Nodemailer, SmtpSource, install_nodemailer, write_job
from benchmarks.sink import require_tools, smtp_sink

ROUNDS = 5
_PRODUCT, _NODEMAILER, _BASE64, _SOURCE = "this program", "Nodemailer", "Nodemailer, base64", "smtp-source -d"
_PROOFS = 12
_FLOOR, _SOURCE_FLOOR = 4.0, 0.25  # below them something is broken, however busy the machine is

Senders = dict[str, Callable[[int], float]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this benchmark alone."""
    parser.add_argument("-n", "--messages", type=int, default=10_000, help="messages a run (10000)")
    parser.add_argument("--connections", type=int, default=10, help="connections at the same time (10)")
    parser.add_argument("--no-rivals", action="store_true", help="time this program alone")


def run(args: argparse.Namespace, console: Console) -> list[Figure]:
    """Prove that all senders do the same work, then time them."""
    require_tools()
    if not args.no_rivals:
        install_nodemailer()
    with tempfile.TemporaryDirectory(prefix="mass-mail-benchmark-") as folder:
        workbench = _Workbench(Path(folder), args.connections)
        if args.no_rivals:
            senders = workbench.alone(args.messages)
        else:
            senders = workbench.senders(args.messages, size=workbench.prove(console))
        seconds, cpu = _take_turns(senders, args.rounds, args.messages, console)
    return _figures(seconds, cpu, args.messages)


class _Workbench:
    """A folder with all that is sent, and the key it is signed with."""

    def __init__(self, folder: Path, connections: int) -> None:
        self._folder = folder
        self._connections = connections
        self._key = dkim_key()
        self._pem = pem_of(self._key)

    def senders(self, count: int, size: int) -> Senders:
        """All senders for *count* people, who are imported into a workspace here."""
        product = self._product(count)
        job = product.master.with_name("job.json")
        write_job(job, product.message_source(), newsletter.people(count), dkim_key_pem=self._pem)
        return {
            _PRODUCT: product.send,
            _NODEMAILER: Nodemailer(job, count, self._connections).send,
            _BASE64: Nodemailer(job, count, self._connections, encoding="base64").send,
            _SOURCE: SmtpSource(count, self._connections, size).send,
        }

    def alone(self, count: int) -> Senders:
        """The program alone, for *count* people."""
        return {_PRODUCT: self._product(count).send}

    def _product(self, count: int) -> Product:
        folder = self._folder / f"for-{count}"
        folder.mkdir()
        people = newsletter.people(count)
        return Product.build(folder, people, dkim_key_pem=self._pem, connections=self._connections)

    def prove(self, console: Console) -> int:
        """Check a few messages of each sender that thinks; return the size of the program's."""
        senders = self.senders(_PROOFS, size=0)
        people = newsletter.people(_PROOFS)
        found = {
            name: proof.arrived(proof.unlock(self._folder / f"proof-{number}"), senders[name], self._key, people)
            for number, name in enumerate((_PRODUCT, _NODEMAILER, _BASE64))
        }
        for name, arrived in found.items():
            if arrived.readings() != found[_PRODUCT].readings():
                raise SystemExit(f"{name} does not say the same.")
            console.print(f"{name}: {_PROOFS} messages arrived once and verify, {arrived.typical_size:,} bytes each")
        return found[_PRODUCT].typical_size


def _take_turns(
    senders: Senders, rounds: int, messages: int, console: Console
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Wall-clock and CPU seconds of each sender in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in senders}
    cpu: dict[str, list[float]] = {name: [] for name in senders}
    with smtp_sink() as port:
        for number in range(1, rounds + 1):
            for name, send in senders.items():
                before = _children_cpu()
                seconds[name].append(send(port))
                cpu[name].append(_children_cpu() - before)
                rate = messages / seconds[name][-1]
                per_message = cpu[name][-1] / messages * 1000
                console.print(
                    f"round {number}: {name:20} {rate:6.0f} messages/s, {per_message:.2f} ms CPU each, "
                    f"load {load_average():.1f}"
                )
    return seconds, cpu


def _children_cpu() -> float:
    """CPU seconds of all child processes that have ended, starting up included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figures(seconds: dict[str, list[float]], cpu: dict[str, list[float]], messages: int) -> list[Figure]:
    def against(rival: str) -> float:
        return median_ratio(seconds[rival], seconds[_PRODUCT])

    per_message = statistics.median(cpu[_PRODUCT]) / messages * 1000
    figures = [
        Figure("send.rate", messages / statistics.median(seconds[_PRODUCT]), "/s", "messages, by this program"),
        Figure("send.cpu", per_message, "ms", "the agent's CPU time a message, its start-up included"),
    ]
    if _NODEMAILER not in seconds:
        return figures
    pooled, source = against(_NODEMAILER), against(_SOURCE)
    return [
        Figure("send.nodemailer", pooled, "×", f"Nodemailer's rate, pooled, DKIM; at least {_FLOOR:g}", goal=6),
        Figure("send.nodemailer_base64", against(_BASE64), "×", "the same in base64, which is quicker for it"),
        Figure("send.smtp_source", source, "×", f"smtp-source's rate; at least {_SOURCE_FLOOR:g}", goal=0.4),
        *figures,
    ]
