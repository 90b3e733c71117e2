"""Postfix's `smtp-sink`: a server on loopback that takes all mail and throws it away, or keeps it to be looked at."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from app.system_packages import SEND_BENCHMARK, explain, find_command, missing

_BACKLOG = 1000
_STARTUP_S = 5.0


def require_tools() -> None:
    """End with a sentence unless the programs of this benchmark are installed."""
    if lacking := missing(SEND_BENCHMARK):
        raise SystemExit(explain(lacking))


def tool(name: str) -> str:
    """The path of a program that `require_tools` has seen."""
    path = find_command(name)
    if path is None:
        raise SystemExit(f"{name} is missing.")
    return path


@contextlib.contextmanager
def smtp_sink(*, keep_in: Path | None = None) -> Iterator[int]:
    """A running sink; gives its port. With *keep_in* each message becomes a file there."""
    port = _free_port()
    # Postfix's own user, which its package makes: smtp-sink does not run as root.
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    keep = ["-d", f"{keep_in}/"] if keep_in is not None else []
    process = subprocess.Popen([tool("smtp-sink"), *user, *keep, f"127.0.0.1:{port}", str(_BACKLOG)])
    try:
        _wait_until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def kept_messages(folder: Path) -> list[tuple[str, bytes]]:
    """The recipient and the content of each message that a sink kept in *folder*."""
    return [_parse(path.read_bytes()) for path in sorted(folder.iterdir())]


def _parse(dump: bytes) -> tuple[str, bytes]:
    """Take off the lines that smtp-sink puts in front: `X-…` records, then three lines of `Received:`."""
    lines = dump.replace(b"\r\n", b"\n").split(b"\n")
    recipient = next(line for line in lines if line.startswith(b"X-Rcpt-Args:"))
    start = next(index for index, line in enumerate(lines) if line.startswith(b"Received:")) + 3
    content = b"\r\n".join(lines[start:])
    return recipient.partition(b"<")[2].partition(b">")[0].decode(), content


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_open(port: int) -> None:
    deadline = time.monotonic() + _STARTUP_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("smtp-sink does not start.")
