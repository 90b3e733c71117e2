"""What others write into a workspace on a server reaches the open window by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.models.campaigns import Campaign
from app.models.contacts import Contact, ContactList
from app.models.content import Template
from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.ui import things
from app.ui.operations import Operations
from app.ui.watcher import Watcher
from tests.postgres import Cluster, location_of

_SOON_S = 2.0
"""A quarter of a second is what it usually takes; the machine may be busy."""


@pytest.fixture
def colleague(own_url: str, key: WorkspaceKey) -> Iterator[Workspace]:
    """The same workspace, opened elsewhere."""
    opened = Workspace.open(own_url, key)
    yield opened
    opened.close()


@asynccontextmanager
async def watched(url: str, key: WorkspaceKey, operations: Operations) -> AsyncIterator[set[str]]:
    """What a window on the workspace was told of."""
    workspace = Workspace.open(url, key)
    told: set[str] = set()
    operations.changed.connect(told.update)
    watcher = Watcher(workspace, operations)
    watcher.start()
    await asyncio.sleep(1.0)  # it has looked once, and listens
    assert told == set()
    try:
        yield told
    finally:
        await watcher.stop()
        await asyncio.to_thread(workspace.close)


async def told_of(thing: str, told: set[str], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while thing not in told:  # noqa: ASYNC110 - the condition has no event to wait for
            await asyncio.sleep(0.01)


def add_contact(workspace: Workspace, email: str) -> None:
    with workspace.write() as session:
        session.add(Contact(email=email, address_hash=workspace.address_hash(email)))


def rename(workspace: Workspace) -> None:
    workspace.set_organisation(replace(workspace.organisation(), name="Blumen Maier"))


def add_row(row: Callable[[], object]) -> Callable[[Workspace], None]:
    def add(workspace: Workspace) -> None:
        with workspace.write() as session:
            session.add(row())

    return add


@pytest.mark.parametrize(
    ("thing", "change"),
    [
        (things.CONTACTS, lambda workspace: add_contact(workspace, "ann@example.org")),
        (things.LISTS, add_row(lambda: ContactList(name="Regulars"))),
        (things.CAMPAIGNS, add_row(lambda: Campaign(name="Spring"))),
        (things.TEMPLATES, add_row(lambda: Template(name="Letter", mjml="<mjml></mjml>"))),
        (things.ORGANISATION, rename),
    ],
)
async def test_what_a_colleague_changes_is_told_within_a_second_or_so(
    thing: str,
    change: Callable[[Workspace], None],
    own_url: str,
    key: WorkspaceKey,
    colleague: Workspace,
    operations: Operations,
) -> None:
    async with watched(own_url, key, operations) as told:
        await asyncio.to_thread(change, colleague)
        await told_of(thing, told, _SOON_S)
        assert told == {thing}


async def test_a_connection_that_was_cut_costs_nobody_the_news(
    own_url: str, key: WorkspaceKey, cluster: Cluster, operations: Operations
) -> None:
    async with watched(own_url, key, operations) as told:
        name = location_of(own_url).name
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        await asyncio.sleep(2.5)
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        colleague = await asyncio.to_thread(Workspace.open, own_url, key)
        await asyncio.to_thread(add_contact, colleague, "ann@example.org")
        await told_of(things.CONTACTS, told, 10)
        await asyncio.to_thread(colleague.close)
