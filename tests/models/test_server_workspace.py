"""A workspace in a PostgreSQL database: what it promises beyond what every workspace promises."""

import logging
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from alembic import command
from sqlalchemy import text

from app.errors import UserFacingError
from app.models import migrations
from app.models.backup import BackedUpByServer, check, make_backup
from app.models.database import WorkspaceUnavailable, WrongKey
from app.models.keys import WorkspaceKey
from app.models.postgres import PostgresDatabase
from app.models.tables import Organisation
from app.models.workspace import HEAD_REVISION, OrganisationInfo, Workspace, held_by_app, workspace_id
from tests.postgres import PASSWORD, USER, Cluster, location_of

PATIENCE_S = 10.0


def test_a_new_workspace_has_exactly_the_tables_the_models_declare(empty_url: str, key: WorkspaceKey) -> None:
    made = Workspace.create(empty_url, key, organisation="Blumen Berger", time_zone="Europe/Vienna")
    try:
        with made.database.connection() as connection:
            assert migrations.differences(connection) == []
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD_REVISION
        assert made.organisation() == OrganisationInfo("Blumen Berger", "", "Europe/Vienna")
        assert check(made).is_sound
    finally:
        made.close()


def test_a_database_has_room_for_one_workspace(shared: Workspace, server_url: str, key: WorkspaceKey) -> None:
    with pytest.raises(UserFacingError, match="already a workspace"):
        Workspace.create(server_url, key, organisation="Another")
    assert shared.organisation().name == "Blumen Berger"


def test_a_workspace_that_could_not_be_made_leaves_an_empty_database(
    empty_url: str, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("app.models.fields.FieldInfo.to_row", lambda _field, position: 1 // position)
        Workspace.create(empty_url, key, organisation="A")
    with pytest.raises(UserFacingError, match="no workspace in the database"):
        Workspace.open(empty_url, key)
    Workspace.create(empty_url, key, organisation="A").close()


def test_a_database_that_cannot_hold_every_letter_is_refused(cluster: Cluster, key: WorkspaceKey) -> None:
    url = cluster.database(options="ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(UserFacingError, match="every letter"):
        Workspace.create(url, key, organisation="A")


def test_a_wrong_key_is_refused_with_a_sentence_and_harms_nothing(server_url: str, key: WorkspaceKey) -> None:
    with pytest.raises(WrongKey, match="does not open"):
        Workspace.open(server_url, WorkspaceKey.generate())
    Workspace.open(server_url, key).close()


def test_the_keyring_knows_it_by_a_name_that_outlives_a_move(shared: Workspace, server_url: str) -> None:
    by_address = workspace_id(location_of(server_url))
    # Whoever moves a database to another server calls it by another address.
    by_other_address = workspace_id(location_of(server_url.replace("127.0.0.1", "localhost")))
    assert by_address == by_other_address == workspace_id(shared.location)
    assert len(by_address) == 32


def test_the_name_of_its_key_is_asked_of_a_database_without_a_workspace(empty_url: str) -> None:
    with pytest.raises(UserFacingError, match="no workspace in the database"):
        workspace_id(location_of(empty_url))


def test_secrets_lie_sealed_in_it(shared: Workspace) -> None:
    with shared.read() as session:
        proof = session.get_one(Organisation, 1).key_proof
    assert proof is not None
    assert b"key" not in proof


def test_many_windows_may_hold_it(shared: Workspace) -> None:
    with held_by_app(shared.location), held_by_app(shared.location):
        assert shared.is_shared


def test_what_this_computer_keeps_for_it_lies_in_the_data_folder(
    shared: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    assert shared.beside(".unsaved").parent == tmp_path
    assert shared.beside(".unsaved").suffix == ".unsaved"
    with pytest.raises(LookupError):
        _ = shared.path


def test_the_password_is_in_no_log_and_no_text(
    server_url: str, key: WorkspaceKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    opened = Workspace.open(server_url, key)
    opened.set_organisation(opened.organisation())
    opened.close()
    assert PASSWORD not in f"{caplog.text} {opened.location} {opened.location!r} {opened.database._engine!r}"
    # To the process of an import it goes with the rest, through a pipe.
    assert pickle.loads(pickle.dumps(opened.location)) == opened.location


_NEWEST_TABLES = (
    "segment_size",
    "suppressed_domain",
    "undo_part",
    "activity",
    "engagement",
    "link_click",
    "link",
    "campaign_hour",
    "source_record",
    "contact_source",
    "dismissed_finding",
    "mail_domain",
)


def test_an_older_workspace_comes_up_to_date_in_one_transaction(
    empty_url: str, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace.create(empty_url, key, organisation="A").close()
    database = PostgresDatabase(location_of(empty_url))
    with database.connection() as connection:
        # The newest step is taken back by hand.
        for name in _NEWEST_TABLES:
            connection.execute(text(f"DROP TABLE {name}"))
        for column in ("field.options", "consent.channel", "consent.ip", "topic.deleted_at", "segment.updated_at"):
            table, name = column.split(".")
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {name}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("app.models.migrations.upgrade", _half_a_step)
        Workspace.open(empty_url, key)
    with database.connection() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0003"
        command.upgrade(migrations._config(connection), "head")
        assert migrations.differences(connection) == []
    database.close()
    Workspace.open(empty_url, key).close()


def _half_a_step(connection: object) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = 'half'"))  # type: ignore[attr-defined]
    raise ZeroDivisionError


def test_a_workspace_of_a_newer_version_is_refused_politely(own_url: str, key: WorkspaceKey) -> None:
    database = PostgresDatabase(location_of(own_url))
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(UserFacingError, match="newer version"):
        Workspace.open(own_url, key)


def test_it_is_backed_up_by_its_server(shared: Workspace) -> None:
    with pytest.raises(BackedUpByServer, match="pg_dump") as caught:
        make_backup(shared)
    assert PASSWORD not in str(caught.value)


def test_a_table_that_is_gone_and_an_index_out_of_force_are_found(
    own_url: str, key: WorkspaceKey, cluster: Cluster
) -> None:
    opened = Workspace.open(own_url, key)
    with opened.write() as session:
        session.execute(text("DROP TABLE subscription"))
    cluster.run(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_consent_contact_id_at'::regclass",
        database=location_of(own_url).name,
    )
    assert check(opened).problems == (
        "The index “ix_consent_contact_id_at” is not in force.",
        "The table “subscription” is missing.",
    )
    opened.close()


def test_a_server_that_does_not_answer_is_told_in_a_sentence(key: WorkspaceKey) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(WorkspaceUnavailable, match="does not answer"):
            Workspace.open(f"postgresql://ann@127.0.0.1:{port}/shop", key)


def test_a_wrong_password_is_told_in_a_sentence(cluster: Cluster, key: WorkspaceKey) -> None:
    with pytest.raises(WorkspaceUnavailable, match="does not let you in") as caught:
        Workspace.open(cluster.url("postgres", password="guessed wrong"), key)
    assert "guessed" not in f"{caught.value!r} {caught.value.detail}"


def test_a_database_that_is_not_there_is_told_in_a_sentence(cluster: Cluster, key: WorkspaceKey) -> None:
    with pytest.raises(WorkspaceUnavailable, match="no such database"):
        Workspace.open(cluster.url("nowhere"), key)


def test_a_user_who_may_not_write_is_told_in_a_sentence(cluster: Cluster, server_url: str, key: WorkspaceKey) -> None:
    opened = Workspace.open(server_url, key)
    with pytest.raises(WorkspaceUnavailable, match="lets nobody write"), opened.write() as session:
        session.execute(text("SET TRANSACTION READ ONLY"))
        session.execute(text("UPDATE organisation SET name = 'x'"))
    opened.close()


def test_the_password_may_come_from_where_postgres_takes_it(
    server_url: str, key: WorkspaceKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = location_of(server_url)
    bare = location.url
    assert location.password == PASSWORD
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    Workspace.open(bare, key).close()
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:{USER}:{PASSWORD}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    Workspace.open(bare, key).close()


def test_a_connection_over_a_network_needs_a_certificate(cluster: Cluster, key: WorkspaceKey) -> None:
    # The name leads nowhere; an unsafe address is refused before it is looked up.
    with pytest.raises(UserFacingError, match="not be safe"):
        Workspace.open("postgresql://ann@db.invalid/shop?sslmode=require", key)


def test_a_server_without_a_certificate_is_not_believed(
    cluster: Cluster, server_url: str, key: WorkspaceKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.models.location._is_here", lambda _host: False)
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("PGSSLROOTCERT", str(authority))
    with pytest.raises(WorkspaceUnavailable, match="cannot prove who it is"):
        Workspace.open(server_url, key)


def test_sending_waits_for_the_disk_whatever_the_server_is_set_to(own_url: str, cluster: Cluster) -> None:
    name = location_of(own_url).name
    cluster.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    for durable, expected in ((True, "on"), (False, "off")):
        database = PostgresDatabase(location_of(own_url), durable=durable)
        with database.read() as session:
            assert session.scalar(text("SHOW synchronous_commit")) == expected
        database.close()


def test_a_desktop_with_a_file_does_not_load_the_library(workspace: Workspace) -> None:
    script = (
        "import sys; from app.models.workspace import Workspace; from app.models.keys import WorkspaceKey\n"
        f"Workspace.open({str(workspace.path)!r}, WorkspaceKey(bytes(range(32)))).close()\n"
        "print('psycopg' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
