"""What a new workspace has from the start, so that a newcomer can do the whole job in the first five minutes."""

from pathlib import Path

from app.content.library import add_starters
from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.sending.accounts import add_practice_account


def create_furnished(path: Path, key: WorkspaceKey, *, organisation: str, time_zone: str = "UTC") -> Workspace:
    """Make a workspace with the starter templates and the practice account.

    Raises:
        UserFacingError: there is a file already, or the folder cannot be written.
    """
    workspace = Workspace.create(path, key, organisation=organisation, time_zone=time_zone)
    add_practice_account(workspace)
    add_starters(workspace)
    return workspace
