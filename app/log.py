"""The log: a file that rotates, and standard error for warnings. Secrets never reach it: their types hide them."""

import logging
import logging.handlers
import sys
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MAX_BYTES = 2_000_000
_KEPT = 3


def set_up(folder: Path | None, name: str) -> None:
    """Log to *folder*/*name*.log, if there is a folder, and warnings to standard error.

    A folder that cannot be written costs the file, not the start; a disk that is full costs the line, not more.
    """
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(logging.WARNING)
    console.setFormatter(logging.Formatter("%(message)s"))
    root.addHandler(console)
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / f"{name}.log", maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True
        )
    except OSError as error:
        root.warning("No log file can be written: %s", error)
        return
    file.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(file)
