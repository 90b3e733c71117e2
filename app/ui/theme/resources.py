"""Where the interface finds the files it ships."""

from __future__ import annotations

from pathlib import Path

# The same relation holds in the source tree and inside a frozen one-directory build.
RESOURCES = Path(__file__).resolve().parents[3] / "resources"
ICONS = RESOURCES / "icons"
FONTS = RESOURCES / "fonts"
