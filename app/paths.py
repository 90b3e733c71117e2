"""Where things lie on this computer."""

import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

APP_NAME = "Mass Mail Dispatcher"
_DIRS = PlatformDirs(APP_NAME, appauthor=False)


def data_folder() -> Path:
    """The folder of this user's workspaces; `MASS_MAIL_HOME` overrides it."""
    home = os.environ.get("MASS_MAIL_HOME")
    return Path(home) if home else _DIRS.user_data_path


def settings_file() -> Path:
    """The file of this computer's settings."""
    home = os.environ.get("MASS_MAIL_HOME")
    return (Path(home) if home else _DIRS.user_config_path) / "settings.json"


def log_folder() -> Path:
    """The folder of the log files."""
    home = os.environ.get("MASS_MAIL_HOME")
    return Path(home) / "logs" if home else _DIRS.user_log_path


def resources() -> Path:
    """The folder `resources`, beside the sources or inside the installed application."""
    return Path(__file__).resolve().parent.parent / "resources"


def program() -> list[str]:
    """The command that starts this program again, as another process."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "main.py")]
