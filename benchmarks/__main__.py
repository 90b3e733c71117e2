"""`python -m benchmarks send`, or another of the benchmarks below.

Nothing is asserted: a busy machine moves every figure, so they are read by people and kept in `history.md`.
"""

import argparse
from collections.abc import Sequence

from rich.console import Console

from benchmarks import chaos, freeze, memory, scale, send, smooth, start, throttle
from benchmarks.figures import json_line, print_figures


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark that is asked for and print what it found."""
    args = _parser().parse_args(argv)
    console = Console(stderr=args.json, highlight=False, soft_wrap=True)
    figures = args.run(args, console)
    print_figures(figures, console)
    if args.json:
        print(json_line(figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for module, name, text in (
        (send, "send", "personalised, signed mail, against Nodemailer and smtp-source"),
        (smooth, "smooth", "whether the window stays smooth while the agent sends flat out"),
        (memory, "memory", "the agent's peak memory, a large dispatch against a small one"),
        (freeze, "freeze", "contacts a second when the audience of a dispatch is written down"),
        (scale, "scale", "several agents on one workspace in a database"),
        (throttle, "throttle", "whether agents together keep a limit a second"),
        (chaos, "chaos", "a storm over the agents; exits with 1 if the ledger does not balance"),
        (start, "start", "from start to the first painted window, against a bare window"),
    ):
        command = commands.add_parser(name, help=text, description=module.__doc__)
        command.add_argument("--rounds", type=int, default=module.ROUNDS, help=f"how often ({module.ROUNDS})")
        command.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
        command.set_defaults(run=module.run)
        module.add_arguments(command)
    return parser


if __name__ == "__main__":
    main()
