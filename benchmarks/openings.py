"""Starts a bare window and the application in turns, and prints how long each took as one line of JSON.

`python -m benchmarks.openings ROUNDS`, inside a session with an unlocked keyring and with `MASS_MAIL_HOME` set:
`benchmarks.start` runs it so.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from app import paths
from app.models.keys import WorkspaceKey
from app.models.vault import open_vault
from app.models.workspace import SUFFIX, workspace_id
from app.sending.furnish import create_furnished
from app.settings import Settings, save

_PROBE = Path(__file__).with_name("painted.py")
_ROOT = _PROBE.parent.parent


def make_workspace() -> None:
    """A workspace as after the first start: its key in the keyring, its path in the settings."""
    key = WorkspaceKey.generate()
    path = paths.data_folder() / f"shop{SUFFIX}"
    create_furnished(path, key, organisation="Flower shop").close()
    vault = open_vault()
    if vault is None:
        raise SystemExit("There is no keyring in this session.")
    vault.store(workspace_id(path), key)
    save(Settings(workspace=str(path)), paths.settings_file())


def opening(kind: str, last: str) -> dict[str, float]:
    """Start *kind* and return the seconds until each thing it tells, up to *last*."""
    begun = time.monotonic_ns()
    process = subprocess.Popen(
        [sys.executable, str(_PROBE), kind],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        start_new_session=True,
    )
    if process.stdout is None:
        raise RuntimeError("the pipe is missing")
    with process:
        try:
            return _told(process.stdout, last, begun)
        finally:
            # The group, so that the agent which the application has started ends as well.
            os.killpg(process.pid, signal.SIGKILL)


def _told(output: IO[str], last: str, begun: int) -> dict[str, float]:
    told: dict[str, float] = {}
    for line in output:
        what, at = line.split()
        told.setdefault(what, (int(at) - begun) / 1e9)
        if what == last:
            return told
    raise SystemExit("The program ended before its window was painted.")


def main(rounds: int) -> None:
    """Print the seconds of each round, after one round that only warms up."""
    make_workspace()
    seconds: dict[str, list[float]] = {"bare": [], "window": [], "page": []}
    for number in range(rounds + 1):
        bare, app = opening("bare", "window"), opening("app", "page")
        if number > 0:
            seconds["bare"].append(bare["window"])
            seconds["window"].append(app["window"])
            seconds["page"].append(app["page"])
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]))
