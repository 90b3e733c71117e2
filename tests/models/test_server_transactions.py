"""What one transaction on a server sees of another, what everybody hears of it, and the statements that run on both."""

import threading
import time

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.models.database import WorkspaceBusy, WorkspaceContended, WorkspaceUnavailable
from app.models.group_writer import GroupWriter
from app.models.keys import WorkspaceKey
from app.models.postgres import PostgresDatabase
from app.models.sql import any_of, random_token, serialise
from app.models.states import SuppressionReason
from app.models.tables import Suppression, Tag
from app.models.workspace import OrganisationInfo, Workspace
from tests.postgres import Cluster, location_of

PATIENCE_S = 10.0


def _raising(state: str) -> TextClause:
    """A statement that the server refuses with the SQLSTATE *state*."""
    return text(f"DO $$ BEGIN RAISE EXCEPTION 'told by a test' USING ERRCODE = '{state}'; END $$")


def becomes_true(condition: object, within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.005)
    return False


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
