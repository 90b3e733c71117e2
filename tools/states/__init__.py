"""States of the application that are seldom on the screen, to be looked at before a change of theirs is called done.

Unlike the pictures of `tools.app_shots` they are not kept: `uv run python -m tools.screenshots --states`.
"""

from __future__ import annotations

from app.models.workspace import Workspace
from tools.screenshots import Shot
from tools.states import accounts, campaigns, settings, start


def shots(workspace: Workspace) -> list[Shot]:
    """All of them, on the workspace of `tools.demo_workspace`."""
    return [*accounts.SHOTS, *campaigns.shots(workspace), *settings.SHOTS, *start.SHOTS]
