"""What processes use, as Linux counts it in `/proc`: a process with all it has started, and the machine as a whole."""

import os
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM, _WAITED_USER, _WAITED_SYSTEM = 1, 11, 12, 13, 14
"""Fields of `/proc/PID/stat`, counted from the one behind the name; see proc(5)."""
_LOOK_EVERY_S = 0.1


def with_children(pid: int) -> list[int]:
    """A process and all that descend from it and are still there."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in _PROC.glob("[0-9]*"):
        if fields := _stat(int(path.name)):
            children[int(fields[_PARENT])].append(int(path.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time of processes with all that descend from them, whether these have ended or not."""
    every = {one for pid in pids for one in with_children(pid)}
    ticks = 0
    for pid in every:
        if fields := _stat(pid):
            ticks += sum(int(fields[at]) for at in (_USER, _SYSTEM, _WAITED_USER, _WAITED_SYSTEM))
    return ticks * _TICK_S


def peak_memory(pid: int) -> dict[int, int]:
    """The most physical memory, in bytes, that a process and each that descends from it has ever had (VmHWM)."""
    peaks = {}
    for one in with_children(pid):
        with suppress(OSError):
            for line in (_PROC / str(one) / "status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks[one] = int(line.split()[1]) * 1024
    return peaks


def load_average() -> float:
    """How many processes of the whole machine wanted to run in the last minute."""
    return os.getloadavg()[0]


@dataclass
class PeakMemory:
    """What `watching_memory` has seen so far.

    Attributes:
        total: The largest sum, in bytes, of the peaks of processes that were there at the same time.
        parts: The terms of that sum, the largest first.
    """

    total: int = 0
    parts: tuple[int, ...] = ()
    _before: dict[int, int] = field(default_factory=dict)

    def see(self, peaks: dict[int, int]) -> None:
        """Take in what the processes have now.

        Only what stands at two looks counts: between fork and exec a new process seems to have its parent's memory.
        """
        lasting = {pid: min(peak, self._before[pid]) for pid, peak in peaks.items() if pid in self._before}
        if (total := sum(lasting.values())) > self.total:
            self.total, self.parts = total, tuple(sorted(lasting.values(), reverse=True))
        self._before = peaks


@contextmanager
def watching_memory(pid: int) -> Iterator[PeakMemory]:
    """Look at a process and its children now and then, as long as the context lasts."""
    seen, is_over = PeakMemory(), threading.Event()

    def watch() -> None:
        while not is_over.wait(_LOOK_EVERY_S):
            seen.see(peak_memory(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def busy_seconds() -> float:
    """CPU time that the machine has spent on anybody since it started."""
    user, nice, system, _idle, _waiting, *interrupts = map(
        int, (_PROC / "stat").read_text().split("\n")[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) * _TICK_S


def _stat(pid: int) -> list[str] | None:
    """The fields of a process behind its name; None if it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
