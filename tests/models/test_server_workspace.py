"""A workspace in a PostgreSQL database: what it promises beyond what every workspace promises."""

import logging
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from alembic import command
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models import migrations
from app.models.backup import BackedUpByServer, check, make_backup
from app.models.database import WorkspaceBusy, WorkspaceContended, WorkspaceUnavailable, WrongKey
from app.models.group_writer import GroupWriter
from app.models.keys import WorkspaceKey
from app.models.location import ServerLocation, parse_location
from app.models.postgres import PostgresDatabase
from app.models.sql import any_of, random_token, serialise
from app.models.states import SuppressionReason
from app.models.tables import Organisation, Suppression, Tag
from app.models.workspace import HEAD_REVISION, OrganisationInfo, Workspace, held_by_app, workspace_id
from tests.postgres import PASSWORD, USER, Cluster

PATIENCE_S = 10.0


@pytest.fixture
def shared(server_url: str, key: WorkspaceKey) -> Iterator[Workspace]:
    opened = Workspace.open(server_url, key)
    yield opened
    opened.close()


@pytest.fixture
def own_url(cluster: Cluster) -> Iterator[str]:
    """A workspace whose tables or settings a test may change."""
    url = cluster.workspace()
    yield url
    cluster.drop(url)


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    url = cluster.database()
    yield url
    cluster.drop(url)


def _raising(state: str) -> TextClause:
    """A statement that the server refuses with the SQLSTATE *state*."""
    return text(f"DO $$ BEGIN RAISE EXCEPTION 'told by a test' USING ERRCODE = '{state}'; END $$")


def location_of(url: str) -> ServerLocation:
    location = parse_location(url)
    assert isinstance(location, ServerLocation)
    return location


def becomes_true(condition: object, within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.005)
    return False


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


def test_an_older_workspace_comes_up_to_date_in_one_transaction(
    empty_url: str, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace.create(empty_url, key, organisation="A").close()
    database = PostgresDatabase(location_of(empty_url))
    with database.connection() as connection:
        # The newest step is taken back by hand.
        connection.execute(text("ALTER TABLE organisation RENAME COLUMN key_proof TO kept"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
        patched.setattr("app.models.migrations.upgrade", _half_a_step)
        Workspace.open(empty_url, key)
    with database.connection() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0002"
        command.upgrade(migrations._config(connection), "head")
        connection.execute(text("UPDATE organisation SET key_proof = kept"))
        connection.execute(text("ALTER TABLE organisation DROP COLUMN kept"))
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


# --- transactions


def test_readers_see_one_snapshot_while_another_connection_writes(shared: Workspace) -> None:
    with shared.read() as reader:
        before = reader.scalar(text("SELECT name FROM organisation"))
        shared.set_organisation(OrganisationInfo("changed", "", "UTC"))
        assert reader.scalar(text("SELECT name FROM organisation")) == before


def test_a_transaction_that_fails_changes_nothing(shared: Workspace) -> None:
    with pytest.raises(RuntimeError), shared.write() as session:
        session.execute(text("UPDATE organisation SET name = 'half'"))
        raise RuntimeError
    assert shared.organisation().name == "Blumen Berger"


def test_what_one_does_at_a_time_waits_for_the_other(shared: Workspace) -> None:
    order: list[str] = []
    has_begun = threading.Event()

    def other() -> None:
        with shared.write() as session:
            has_begun.set()
            serialise(session, "naming")
            order.append("other")

    with shared.write() as session:
        serialise(session, "naming")
        waiting = threading.Thread(target=other)
        waiting.start()
        has_begun.wait(PATIENCE_S)
        time.sleep(0.1)
        order.append("first")
    waiting.join(PATIENCE_S)
    assert order == ["first", "other"]


def test_waiting_too_long_for_a_lock_is_told(
    shared: Workspace, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.models.postgres.BUSY_TIMEOUT_S", 1.0)
    impatient = PostgresDatabase(location_of(server_url))
    with shared.write() as session:
        session.execute(text("UPDATE organisation SET name = 'x'"))
        with pytest.raises(WorkspaceBusy, match="busy"), impatient.write() as other:
            other.execute(text("UPDATE organisation SET name = 'y'"))
    impatient.close()


def test_of_two_that_wait_for_each_other_one_gives_in(shared: Workspace) -> None:
    with shared.write() as session:
        session.add_all([Tag(id=1, name="a"), Tag(id=2, name="b")])
    gave_in: list[WorkspaceContended] = []
    both = threading.Barrier(2)

    def rename(first: int, second: int) -> None:
        try:
            with shared.write() as session:
                session.execute(text("UPDATE tag SET name = name || :n WHERE id = :id"), {"n": "x", "id": first})
                both.wait(PATIENCE_S)
                session.execute(text("UPDATE tag SET name = name || :n WHERE id = :id"), {"n": "y", "id": second})
        except WorkspaceContended as error:
            gave_in.append(error)

    threads = [threading.Thread(target=rename, args=ids) for ids in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(gave_in) == 1
    with shared.read() as session:
        assert {len(name) for name in session.scalars(select(Tag.name))} == {2}


async def test_a_group_that_gave_in_is_written_again(shared: Workspace) -> None:
    tries = 0

    def unlucky(session: Session) -> int:
        nonlocal tries
        tries += 1
        session.add(Tag(name="vip"))
        session.flush()
        if tries < 3:
            session.execute(_raising("40P01"))
        return tries

    writer = GroupWriter(shared.database)
    try:
        assert await writer.write(unlucky) == 3
    finally:
        await writer.close()
    with shared.read() as session:
        assert session.scalars(select(Tag.name)).all() == ["vip"]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("53100", "disk of the database server is full"),
        ("53300", "too many connections"),
        ("57P01", "does not answer"),
        ("58030", "disk of the database server does not answer"),
        ("42501", "does not allow this"),
        ("XX001", "damaged"),
        ("40001", "same moment"),
    ],
)
def test_what_the_server_lacks_is_told_in_a_sentence(shared: Workspace, state: str, sentence: str) -> None:
    with pytest.raises(WorkspaceUnavailable, match=sentence) as caught, shared.write() as session:
        session.execute(_raising(state))
    assert caught.value.hint
    assert state in caught.value.detail


def test_a_fault_of_the_program_is_none_of_the_users(shared: Workspace) -> None:
    with pytest.raises(DBAPIError), shared.read() as session:
        session.execute(text("SELECT * FROM no_table"))


def test_who_is_quicker_by_a_moment_is_told_in_a_sentence(shared: Workspace) -> None:
    with pytest.raises(WorkspaceUnavailable, match="same moment"), shared.write() as session:
        session.execute(text("INSERT INTO contact_tag (tag_id, contact_id) VALUES (1, 1)"))


def test_an_error_of_the_database_does_not_tell_whom_it_was_about(shared: Workspace) -> None:
    digest = shared.address_hash("ann@example.org")
    row = {"address_hash": digest, "address": "ann@example.org", "reason": SuppressionReason.MANUAL}
    with shared.write() as session:
        session.add(Suppression(**row))
    with pytest.raises(WorkspaceUnavailable) as caught, shared.write() as session:
        session.add(Suppression(**row))
    told = [caught.value.detail]
    error: BaseException | None = caught.value
    while error is not None:
        told.append(f"{error} {error!r}")
        error = error.__cause__ or error.__context__
    assert not any("ann@" in words or digest.hex() in words for words in told)
    with pytest.raises(DBAPIError) as broken, shared.read() as session:
        session.execute(text("SELECT CAST(:value AS integer)"), {"value": "ann@example.org"})
    assert "ann@" not in f"{broken.value} {broken.value.orig!r}"


def test_a_unique_name_refuses_within_the_transaction(shared: Workspace) -> None:
    with shared.write() as session:
        session.add(Tag(name="vip"))
    with shared.database._engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text("INSERT INTO tag (name) VALUES ('vip')"))


# --- news


def test_everybody_hears_of_a_commit(shared: Workspace, server_url: str) -> None:
    other = Workspace.open(server_url, shared.key)
    version = _settled_version(other)
    shared.set_organisation(OrganisationInfo("Newer", "", "UTC"))
    assert becomes_true(lambda: other.database.data_version() != version)
    other.close()


def test_nothing_committed_is_no_news(shared: Workspace, server_url: str) -> None:
    other = Workspace.open(server_url, shared.key)
    version = _settled_version(other)
    with pytest.raises(RuntimeError), shared.write() as session:
        session.execute(text("UPDATE organisation SET name = 'half'"))
        raise RuntimeError
    shared.organisation()
    time.sleep(0.2)
    assert other.database.data_version() == version
    other.close()


def test_a_process_that_ends_at_once_has_told(shared: Workspace, server_url: str) -> None:
    version = _settled_version(shared)
    hasty = Workspace.open(server_url, shared.key)
    hasty.set_organisation(OrganisationInfo("Newer", "", "UTC"))
    hasty.close()
    assert becomes_true(lambda: shared.database.data_version() != version)


def test_another_workspace_is_not_heard(shared: Workspace, cluster: Cluster, key: WorkspaceKey) -> None:
    version = _settled_version(shared)
    url = cluster.workspace()
    stranger = Workspace.open(url, key)
    stranger.set_organisation(OrganisationInfo("Stranger", "", "UTC"))
    stranger.close()
    cluster.give_back(url)
    time.sleep(0.1)
    assert shared.database.data_version() == version


def test_a_lost_connection_counts_as_news_and_is_made_anew(
    shared: Workspace, server_url: str, cluster: Cluster
) -> None:
    version = _settled_version(shared)
    database = location_of(server_url).name
    cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    assert becomes_true(lambda: shared.database.data_version() != version)
    version = _settled_version(shared)
    other = Workspace.open(server_url, shared.key)
    other.set_organisation(OrganisationInfo("Newer", "", "UTC"))
    assert becomes_true(lambda: shared.database.data_version() != version)
    other.close()


def _settled_version(workspace: Workspace) -> int:
    """The number once the listening has begun and what came before was heard."""
    version = workspace.database.data_version()
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        time.sleep(0.15)
        if version and version == workspace.database.data_version():
            break
        version = workspace.database.data_version()
    return version


# --- the environment


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


# --- statements


@pytest.mark.any_workspace
def test_values_become_one_parameter(workspace: Workspace) -> None:
    with workspace.read() as session:
        for values in ([3, 1], ["ü", "a'b"], [b"\x00\xff", b"x"]):
            assert sorted(session.scalars(any_of(values))) == sorted(values)  # type: ignore[type-var]
        assert session.scalars(any_of([])).all() == []


@pytest.mark.any_workspace
def test_each_row_gets_a_token_of_its_own(workspace: Workspace) -> None:
    with workspace.read() as session:
        tokens = session.scalars(select(random_token()).select_from(any_of(range(1000)).subquery())).all()
    assert len(set(tokens)) == 1000
    assert all(len(token) == 24 and set(token) <= set("0123456789abcdef") for token in tokens)
