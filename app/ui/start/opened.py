"""What opening leads to, and what it is tried with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.models.workspace import ServerLocation, Workspace


@dataclass(frozen=True)
class Opened:
    """An open workspace that is this window's alone, or a team's. Closing *hold* closes it and lets others in."""

    workspace: Workspace
    hold: ExitStack


@dataclass(frozen=True)
class Attempt:
    """A way to an open workspace, which may be gone again if it fails.

    Attributes:
        go: Raises UserFacingError if it leads nowhere.
        server: The database it leads to, if it leads to one.
    """

    go: Callable[[], Awaitable[Opened]]
    server: ServerLocation | None = None
