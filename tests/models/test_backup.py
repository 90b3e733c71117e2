import pytest
from sqlalchemy import text

from app.errors import Cancelled
from app.models.backup import backup_folder, check, list_backups, make_backup
from app.models.database import WorkspaceUnavailable
from app.models.keys import WorkspaceKey
from app.models.workspace import OrganisationInfo, Workspace


def test_a_backup_opens_with_the_same_key_and_has_the_same_content(workspace: Workspace, key: WorkspaceKey) -> None:
    copy = Workspace.open(make_backup(workspace), key)
    assert copy.organisation() == workspace.organisation()
    assert check(copy).is_sound
    copy.close()


def test_a_backup_is_taken_while_the_workspace_is_in_use(workspace: Workspace, key: WorkspaceKey) -> None:
    with workspace.read() as session:
        session.execute(text("SELECT * FROM organisation")).first()
        workspace.set_organisation(OrganisationInfo("Newer", "", "UTC"))
        copy = Workspace.open(make_backup(workspace), key)
    assert copy.organisation().name == "Newer"
    copy.close()


def test_a_backup_is_encrypted(workspace: Workspace) -> None:
    assert b"Blumen" not in make_backup(workspace).read_bytes()


def test_only_the_newest_backups_are_kept(workspace: Workspace) -> None:
    made = [make_backup(workspace, keep=3) for _ in range(5)]
    assert list_backups(workspace.path) == made[:1:-1]


def test_a_cancelled_backup_leaves_no_file(workspace: Workspace) -> None:
    with pytest.raises(Cancelled):
        make_backup(workspace, is_cancelled=lambda: True)
    assert list(backup_folder(workspace.path).iterdir()) == []


def test_a_sound_workspace_passes_the_check(workspace: Workspace) -> None:
    assert check(workspace).problems == ()


def test_a_flipped_bit_is_found(workspace: Workspace, key: WorkspaceKey) -> None:
    workspace.close()
    data = bytearray(workspace.path.read_bytes())
    data[-2000] ^= 1
    workspace.path.write_bytes(data)
    damaged = Workspace.open(workspace.path, key)
    try:
        assert not check(damaged).is_sound
    except WorkspaceUnavailable as error:
        assert "damaged" in error.title
    finally:
        damaged.close()


def test_an_older_workspace_is_backed_up_before_it_is_brought_up_to_date(
    workspace: Workspace, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.close()
    monkeypatch.setattr("app.models.workspace.HEAD_REVISION", "0002-not-there-yet")
    Workspace.open(workspace.path, key).close()
    assert len(list_backups(workspace.path)) == 1


def test_a_file_where_the_folder_should_be_ends_in_a_sentence(workspace: Workspace) -> None:
    backup_folder(workspace.path).write_text("")
    with pytest.raises(WorkspaceUnavailable, match="folder for backups"):
        make_backup(workspace)
