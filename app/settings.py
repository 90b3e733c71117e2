"""This computer's settings: what does not belong into a workspace."""

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

VERSION = 1


class ThemeChoice(StrEnum):
    """Light, dark, or as the system."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults.

    Attributes:
        workspace: The workspace that was open last, as a path; empty before the first.
        theme: The colours of the window.
    """

    workspace: str = ""
    theme: ThemeChoice = ThemeChoice.SYSTEM


def load(path: Path) -> Settings:
    """The settings stored in *path*; what is missing or cannot be read takes its default, and the log says so."""
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        logger.warning("The settings in %s cannot be read, so the defaults are taken: %s", path, error)
        return Settings()
    known = {field.name for field in fields(Settings)}
    settings = Settings()
    for name, value in stored.items():
        if name in known:
            settings = _with(settings, name, value)
    return settings


def save(settings: Settings, path: Path) -> None:
    """Store *settings* in *path*, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"version": VERSION, **asdict(settings)}, indent=2), encoding="utf-8")
    partial.replace(path)


def _with(settings: Settings, name: str, value: object) -> Settings:
    try:
        converted = type(getattr(settings, name))(value)
    except ValueError:
        logger.warning("The setting %s=%r is not understood.", name, value)
        return settings
    changed: dict[str, Any] = {name: converted}
    return replace(settings, **changed)
