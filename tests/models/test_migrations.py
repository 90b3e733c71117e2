"""Files of older versions come up to date with what is in them."""

from pathlib import Path

from alembic import command
from sqlalchemy import select, text

from app.models import migrations
from app.models.file_database import FileDatabase
from app.models.keys import WorkspaceKey
from app.models.tables import Account, Campaign, DispatchRoute
from app.models.workspace import SUFFIX, Workspace

_FIRST_VERSION = (
    (
        "INSERT INTO organisation (id, name, postal_address, time_zone, hash_key, created_at)"
        " VALUES (1, 'Blumen Berger', '', 'UTC', x'00', 0)"
    ),
    (
        "INSERT INTO account (id, name, kind, host, port, tls, username, connections, messages_per_connection, problem,"
        " created_at) VALUES (7, 'Post', 'smtp', 'mail.example', 587, 'starttls', '', 4, 100, '', 0)"
    ),
    (
        "INSERT INTO identity (id, account_id, name, address, reply_to, dkim_domain, dkim_selector)"
        " VALUES (8, 7, 'Berger', 'post@berger.example', '', '', '')"
    ),
    (
        "INSERT INTO campaign (id, name, subject, preheader, identity_id, audience, created_at, updated_at)"
        " VALUES (9, 'Spring', 'Tulips', '', 8, '{}', 0, 0)"
    ),
    (
        "INSERT INTO dispatch (id, campaign_id, account_id, identity_id, state, wish, problem, note, due_at,"
        " created_at, subject, preheader, html, text)"
        " VALUES (10, 9, 7, 8, 'sending', 'run', '', '', 0, 0, '', '', '', '')"
    ),
)


def test_a_dispatch_of_the_first_version_keeps_its_account(tmp_path: Path, key: WorkspaceKey) -> None:
    path = tmp_path / f"old{SUFFIX}"
    database = FileDatabase(path, key)
    with database.connection() as connection:
        command.upgrade(migrations._config(connection), "0001")
        for statement in _FIRST_VERSION:
            connection.execute(text(statement))
    database.close()

    workspace = Workspace.open(path, key)
    try:
        with workspace.read() as session:
            route = session.scalars(select(DispatchRoute)).one()
            assert (route.dispatch_id, route.account_id, route.identity_id, route.weight) == (10, 7, 8, 1)
            assert session.get_one(Account, 7).warm_up == {}
            assert session.get_one(Campaign, 9).give_up_after_h == 48
    finally:
        workspace.close()
