"""What a new workspace has from the start, so that a newcomer can do the whole job in the first five minutes."""

from app.content.library import add_starters
from app.models.keys import WorkspaceKey
from app.models.workspace import Location, Workspace
from app.sending.accounts import add_practice_account


def create_furnished(location: Location, key: WorkspaceKey, *, organisation: str, time_zone: str = "UTC") -> Workspace:
    """Make a workspace with the starter templates and the practice account.

    Raises:
        UserFacingError: there is a workspace already, or the folder or the database cannot be written.
    """
    workspace = Workspace.create(location, key, organisation=organisation, time_zone=time_zone)
    add_practice_account(workspace)
    add_starters(workspace)
    return workspace
