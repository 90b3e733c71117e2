import pytest
from sqlalchemy import func, select

from app.audience import lists
from app.audience.sources.store import (
    Credentials,
    SourceSettings,
    add_source,
    all_sources,
    change_source,
    read_source,
    remove_source,
    renew_credentials,
)
from app.errors import UserFacingError
from app.models.accounts import Secret
from app.models.list_care import ContactSource
from app.models.states import ContactSourceKind, LawfulBasis
from app.models.workspace import Workspace

pytestmark = pytest.mark.any_workspace

SETTINGS = SourceSettings({"firstname": "first_name"}, LawfulBasis.EXISTING_CUSTOMER)


def a_source(workspace: Workspace) -> int:
    return add_source(
        workspace, ContactSourceKind.HUBSPOT, "HubSpot 4711", Credentials("pat-1"), SETTINGS, list_name="From HubSpot"
    )


def count(workspace: Workspace, table: type[Secret]) -> int:
    with workspace.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_source_is_remembered_with_its_key_sealed(workspace: Workspace) -> None:
    source_id = a_source(workspace)
    (only,) = all_sources(workspace)
    assert (only.name, only.settings, only.read_at, only.problem) == ("HubSpot 4711", SETTINGS, None, "")
    assert [(one.id, one.name) for one in lists.all_lists(workspace)] == [(only.list_id, "From HubSpot")]
    assert read_source(workspace, source_id) == (only, Credentials("pat-1"), "")
    with workspace.read() as session:
        assert b"pat-1" not in session.scalars(select(Secret.sealed)).one()
    assert "pat-1" not in repr(read_source(workspace, source_id))


def test_another_key_takes_the_place_of_the_old_one(workspace: Workspace) -> None:
    source_id = a_source(workspace)
    with workspace.write() as session:
        session.get_one(ContactSource, source_id).problem = "HubSpot does not accept the key."
    renew_credentials(workspace, source_id, Credentials("pat-2"))
    info, credentials, _ = read_source(workspace, source_id)
    assert (credentials.secret, info.problem, count(workspace, Secret)) == ("pat-2", "", 1)


def test_what_else_is_carried_over_is_read_from_the_start(workspace: Workspace) -> None:
    source_id = a_source(workspace)
    with workspace.write() as session:
        session.get_one(ContactSource, source_id).cursor = "2026-03-01T00:00:00.000Z"
    change_source(workspace, source_id, SourceSettings({"lastname": "last_name"}))
    info, _, cursor = read_source(workspace, source_id)
    assert (info.settings, cursor) == (SourceSettings({"lastname": "last_name"}), "")


def test_a_removed_source_leaves_no_key_behind(workspace: Workspace) -> None:
    source_id = a_source(workspace)
    remove_source(workspace, source_id)
    assert (all_sources(workspace), count(workspace, Secret)) == ((), 0)
    with pytest.raises(UserFacingError, match="not there"):
        read_source(workspace, source_id)
