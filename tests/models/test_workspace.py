import errno
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.errors import UserFacingError
from app.models import migrations
from app.models.database import WorkspaceUnavailable, WrongKey
from app.models.file_database import FileDatabase
from app.models.keys import WorkspaceKey
from app.models.states import SuppressionReason
from app.models.tables import Suppression
from app.models.workspace import HEAD_REVISION, AlreadyOpen, Workspace, held_by_app, workspace_id


def test_a_new_workspace_has_exactly_the_tables_the_models_declare(workspace: Workspace) -> None:
    with workspace.database.connection() as connection:
        assert migrations.differences(connection) == []


def test_the_declared_head_is_the_newest_migration(workspace: Workspace) -> None:
    with workspace.read() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == HEAD_REVISION


def test_the_file_reveals_nothing_without_the_key(workspace: Workspace) -> None:
    workspace.close()
    assert b"Blumen Berger" not in workspace.path.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        sqlite3.connect(workspace.path).execute("SELECT * FROM organisation")


def test_a_wrong_key_is_refused_with_a_sentence_and_harms_nothing(workspace: Workspace, key: WorkspaceKey) -> None:
    workspace.close()
    with pytest.raises(WrongKey, match="does not open"):
        Workspace.open(workspace.path, WorkspaceKey.generate())
    assert Workspace.open(workspace.path, key).organisation().name == "Blumen Berger"


def test_the_recovery_key_opens_a_copy_on_another_computer(workspace: Workspace, tmp_path: Path) -> None:
    recovery = workspace.key.recovery_text()
    workspace.close()
    elsewhere = tmp_path / "elsewhere" / "moved.mailspace"
    elsewhere.parent.mkdir()
    shutil.copy(workspace.path, elsewhere)
    opened = Workspace.open(elsewhere, WorkspaceKey.from_recovery_text(recovery.lower()))
    assert opened.organisation().name == "Blumen Berger"
    opened.close()


def test_the_identity_of_a_workspace_survives_a_move_and_a_checkpoint(workspace: Workspace, tmp_path: Path) -> None:
    before = workspace_id(workspace.path)
    with workspace.write() as session:
        session.execute(text("UPDATE organisation SET name = 'x'"))
    workspace.close()
    moved = workspace.path.rename(tmp_path / "moved.mailspace")
    assert workspace_id(moved) == before
    assert len(set(before)) > 4


def test_a_workspace_of_a_newer_version_is_refused_politely(workspace: Workspace, key: WorkspaceKey) -> None:
    with workspace.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    workspace.close()
    with pytest.raises(UserFacingError, match="newer version"):
        Workspace.open(workspace.path, key)


def test_a_disk_that_lets_nobody_write_is_said_in_a_sentence(
    tmp_path: Path, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_remove(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    def cannot_fill(*_args: object) -> None:
        raise WorkspaceUnavailable("The workspace file cannot be opened.", "Check that you may write there.")

    monkeypatch.setattr(Path, "unlink", cannot_remove)
    monkeypatch.setattr(Workspace, "_fill", cannot_fill)
    with pytest.raises(WorkspaceUnavailable, match="may write"):
        Workspace.create(tmp_path / "shop.mailspace", key, organisation="Blumen Berger")


def test_a_half_made_workspace_is_named_as_such(tmp_path: Path, key: WorkspaceKey) -> None:
    path = tmp_path / "half.mailspace"
    connection = FileDatabase(path, key).connect()
    connection.execute("CREATE TABLE something (id INTEGER)")
    connection.close()
    with pytest.raises(UserFacingError, match="not a finished workspace"):
        Workspace.open(path, key)


def test_a_transaction_that_fails_changes_nothing(workspace: Workspace) -> None:
    with pytest.raises(RuntimeError), workspace.write() as session:
        session.execute(text("UPDATE organisation SET name = 'half'"))
        raise RuntimeError
    assert workspace.organisation().name == "Blumen Berger"


def test_a_failed_migration_leaves_the_file_as_it_was(workspace: Workspace) -> None:
    with pytest.raises(RuntimeError), workspace.database.connection() as connection:
        connection.execute(text("ALTER TABLE contact ADD COLUMN half TEXT"))
        raise RuntimeError
    with workspace.database.connection() as connection:
        assert migrations.differences(connection) == []


def test_readers_see_one_snapshot_while_another_connection_writes(workspace: Workspace) -> None:
    with workspace.read() as reader:
        before = reader.scalar(text("SELECT name FROM organisation"))
        with workspace.write() as writer:
            writer.execute(text("UPDATE organisation SET name = 'changed'"))
        assert reader.scalar(text("SELECT name FROM organisation")) == before


def test_the_data_version_moves_when_another_process_commits(workspace: Workspace) -> None:
    before = workspace.database.data_version()
    script = (
        "from pathlib import Path; from sqlalchemy import text; from app.models.workspace import Workspace;"
        "from app.models.keys import WorkspaceKey;"
        f"w = Workspace.open(Path({str(workspace.path)!r}), WorkspaceKey(bytes(range(32))))\n"
        "with w.write() as s: s.execute(text(\"UPDATE organisation SET name = 'x'\"))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert workspace.database.data_version() != before


def test_foreign_keys_are_enforced(workspace: Workspace) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), workspace.write() as session:
        session.execute(text("INSERT INTO membership (list_id, contact_id, added_at) VALUES (1, 1, 0)"))


def test_a_read_only_file_ends_in_a_sentence(workspace: Workspace) -> None:
    workspace.close()
    # Not below pytest's own folder, which root alone may look into.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(workspace.path, folder))
        script = (
            "import os; from pathlib import Path; from app.errors import UserFacingError\n"
            "from app.models.workspace import Workspace; from app.models.keys import WorkspaceKey\n"
            "os.geteuid() or os.setuid(65534)\n"
            "try:\n"
            f"    w = Workspace.open(Path({str(path)!r}), WorkspaceKey(bytes(range(32))))\n"
            "    w.set_organisation(w.organisation())\n"
            "except UserFacingError as error: print(error.title)\n"
        )
        path.chmod(0o444)
        path.parent.chmod(0o555)
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        path.parent.chmod(0o755)
    assert run.stdout.strip() == "The workspace file is write-protected.", run.stderr


def test_a_file_that_is_gone_has_no_identity_but_a_sentence(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceUnavailable, match="cannot be opened"):
        workspace_id(workspace.path.with_name("gone.mailspace"))


def test_a_full_disk_ends_in_a_sentence_and_loses_nothing(workspace: Workspace) -> None:
    with workspace.database.translating():
        connection = workspace.database.connect()
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(WorkspaceUnavailable, match="disk is full"), workspace.database.translating():
        connection.execute("UPDATE organisation SET postal_address = hex(randomblob(500000))")
    connection.close()
    assert workspace.organisation().postal_address == ""


def test_a_second_window_on_the_same_file_is_refused(workspace: Workspace) -> None:
    script = (
        "from pathlib import Path; from app.models.workspace import held_by_app, AlreadyOpen\n"
        "try:\n"
        f"    with held_by_app(Path({str(workspace.path)!r})): print('open')\n"
        "except AlreadyOpen as error: print(error.title)\n"
    )
    with held_by_app(workspace.path):
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "“test” is already open in another window."
    with held_by_app(workspace.path):
        pass
    assert AlreadyOpen(workspace.path).hint


def test_a_suppression_is_found_by_the_keyed_hash_of_its_address(workspace: Workspace) -> None:
    digest = workspace.address_hash("anna@example.com")
    with workspace.write() as session:
        session.add(Suppression(address_hash=digest, reason=SuppressionReason.ERASED))
    assert len(digest) == 16
    assert digest != workspace.address_hash("ben@example.com")
    with workspace.read() as session:
        assert session.scalar(text("SELECT count(*) FROM suppression WHERE address_hash = :h"), {"h": digest}) == 1


def test_a_workspace_that_could_not_be_made_leaves_no_file(
    tmp_path: Path, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("app.models.workspace.secrets.token_bytes", lambda size: bytes(size // 0))
        Workspace.create(tmp_path / "a.mailspace", key, organisation="A")
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("app.models.fields.FieldInfo.to_row", lambda _field, position: 1 // position)
        Workspace.create(tmp_path / "a.mailspace", key, organisation="A")
    assert list(tmp_path.iterdir()) == []
    Workspace.create(tmp_path / "a.mailspace", key, organisation="A").close()


def test_an_error_of_the_database_does_not_tell_whom_it_was_about(workspace: Workspace) -> None:
    with pytest.raises(OperationalError) as caught, workspace.write() as session:
        session.execute(text("SELECT * FROM no_table WHERE email = :email"), {"email": "ann@example.org"})
    assert "ann@" not in str(caught.value)
