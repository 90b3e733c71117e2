"""A PostgreSQL server of the tests' own: it lies in a folder, listens on loopback, and ends with them.

`Cluster.database()` gives an empty database, `Cluster.workspace()` one with an empty workspace in it. To copy one takes
five times as long as to empty it, so they are used again.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from app.models.keys import WorkspaceKey
from app.models.location import ServerLocation, parse_location
from app.models.workspace import Workspace
from app.system_packages import find_command

KEY = WorkspaceKey(bytes(range(32)))
USER, PASSWORD = "shop", "s3cret of the tests"
_SUPERUSER = "postgres"
_TEMPLATE = "workspace_template"
_REMEMBER = """
    CREATE SCHEMA pristine;
    CREATE TABLE pristine.organisation AS TABLE organisation;
    CREATE TABLE pristine.field AS TABLE field;
"""
_EMPTY = r"""
    DO $$ DECLARE name text; BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        SET LOCAL session_replication_role = replica;  -- in any order, whatever refers to it
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        FOR name IN SELECT attname FROM pg_attribute
            WHERE attrelid = 'contact'::regclass AND attname LIKE 'cf\_%' AND NOT attisdropped LOOP
            EXECUTE format('ALTER TABLE contact DROP COLUMN %I', name);
        END LOOP;
        INSERT INTO organisation SELECT * FROM pristine.organisation;
        INSERT INTO field SELECT * FROM pristine.field;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences
            WHERE last_value IS NOT NULL;
        PERFORM setval(pg_get_serial_sequence('field', 'id'), (SELECT max(id) FROM field));
    END $$
"""
_START_TIMEOUT_S = 30.0


class Cluster:
    """A running server."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._numbers = count(1)
        self._has_template = False
        self._clean: list[str] = []

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """The address of one of its databases."""
        secret = f":{password.replace(' ', '%20')}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, *, database: str = "postgres") -> None:
        """Run a statement as the superuser."""
        with psycopg.connect(self.url(database, user=_SUPERUSER), autocommit=True) as connection:
            connection.execute(statement.encode())

    def database(self, *, template: str = "template0", options: str = "") -> str:
        """Make a database and return its address."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template} {options}")
        return self.url(name)

    def workspace(self) -> str:
        """A database with the empty workspace of “Blumen Berger” in it: its address, to be given back or dropped."""
        if self._clean:
            return self._clean.pop()
        if not self._has_template:
            self.run(f"CREATE DATABASE {_TEMPLATE} OWNER {USER} TEMPLATE template0")
            Workspace.create(self.url(_TEMPLATE), KEY, organisation="Blumen Berger").close()
            self.run(_REMEMBER, database=_TEMPLATE)
            self._has_template = True
        return self.database(template=_TEMPLATE)

    def give_back(self, url: str) -> None:
        """Empty a workspace for the next test. One whose tables were changed is to be dropped."""
        self.run(_EMPTY, database=url.rpartition("/")[2])
        self._clean.append(url)

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is connected to it."""
        self.run(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")


def location_of(url: str) -> ServerLocation:
    """What the program makes of an address."""
    location = parse_location(url)
    assert isinstance(location, ServerLocation)
    return location


def binaries() -> Path | None:
    """The folder of the server's programs; None if there is no server."""
    found = find_command("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running_cluster(programs: Path) -> Iterator[Cluster]:
    """A new server with the settings it comes with; fsync is on."""
    folder = Path(tempfile.mkdtemp(prefix="mass-mail-postgres-"))
    # The server refuses to be root.
    as_user: dict[str, Any] = {"user": _SUPERUSER, "group": _SUPERUSER} if _is_root() else {}
    if as_user:
        shutil.chown(folder, **as_user)
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        subprocess.run(
            [
                programs / "initdb", "--pgdata", folder / "data", "--username", _SUPERUSER, "--pwfile", secret,
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
            ],
            check=True, capture_output=True, cwd=folder, **as_user,
        )  # fmt: skip
        port = _free_port()
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    programs / "postgres", "-D", folder / "data", "-p", str(port),
                    "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}",
                    "-c", "max_connections=200",
                ],
                stdout=log, stderr=subprocess.STDOUT, cwd=folder, **as_user,
            )  # fmt: skip
        try:
            cluster = Cluster(folder, port)
            _wait_until_it_answers(cluster, server)
            cluster.run(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)  # "fast shutdown"
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(cluster: Cluster, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            cluster.run("SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((cluster.folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
