"""Lists and tags, as the rest of the program uses them.

Each function raises `UserFacingError` with a sentence: for a name that is empty or taken, or a list that is gone. Each
is one action of the user's, which `undo` takes back.
"""

from collections.abc import Sequence

from app.audience.groups import LISTS, TAGS, GroupInfo
from app.models.workspace import Workspace

ListInfo = GroupInfo
TagInfo = GroupInfo


def all_lists(workspace: Workspace) -> tuple[ListInfo, ...]:
    """All lists by name."""
    return LISTS.all(workspace)


def create_list(workspace: Workspace, name: str) -> int:
    """Make an empty list and return its id."""
    return LISTS.create(workspace, name)


def rename_list(workspace: Workspace, list_id: int, name: str) -> None:
    """Call the list *name*."""
    LISTS.rename(workspace, list_id, name)


def delete_list(workspace: Workspace, list_id: int) -> None:
    """Delete the list; its contacts stay."""
    LISTS.delete(workspace, list_id)


def add_to_list(workspace: Workspace, list_id: int, ids: Sequence[int]) -> int:
    """Put the contacts *ids* into the list and return how many were not in it before."""
    return LISTS.add(workspace, list_id, ids)


def remove_from_list(workspace: Workspace, list_id: int, ids: Sequence[int]) -> int:
    """Take the contacts *ids* out of the list and return how many were in it."""
    return LISTS.remove(workspace, list_id, ids)


def all_tags(workspace: Workspace) -> tuple[TagInfo, ...]:
    """All tags by name."""
    return TAGS.all(workspace)


def create_tag(workspace: Workspace, name: str) -> int:
    """Make a tag that nobody carries yet and return its id."""
    return TAGS.create(workspace, name)


def rename_tag(workspace: Workspace, tag_id: int, name: str) -> None:
    """Call the tag *name*."""
    TAGS.rename(workspace, tag_id, name)


def delete_tag(workspace: Workspace, tag_id: int) -> None:
    """Delete the tag; its contacts stay."""
    TAGS.delete(workspace, tag_id)


def add_tag(workspace: Workspace, tag_id: int, ids: Sequence[int]) -> int:
    """Put the tag on the contacts *ids* and return how many did not carry it before."""
    return TAGS.add(workspace, tag_id, ids)


def remove_tag(workspace: Workspace, tag_id: int, ids: Sequence[int]) -> int:
    """Take the tag off the contacts *ids* and return how many carried it."""
    return TAGS.remove(workspace, tag_id, ids)
