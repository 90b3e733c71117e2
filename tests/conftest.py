"""Fixtures every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX, Workspace
from tests.postgres import KEY, Cluster, binaries, running_cluster


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "any_workspace: what it says of a workspace in a file must hold of one in a PostgreSQL database too",
        "file_workspace: of such a module, what is about files alone",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `any_workspace` with either kind."""
    marked = metafunc.definition.get_closest_marker
    if "workspace" in metafunc.fixturenames and marked("any_workspace") and not marked("file_workspace"):
        metafunc.parametrize("workspace", ["file", "server"], indirect=True)


@pytest.fixture
def key() -> WorkspaceKey:
    return KEY


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of the tests' own."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL is installed here; tools/test.py brings it")
    with running_cluster(programs) as running:
        yield running


@pytest.fixture
def server_url(cluster: Cluster) -> Iterator[str]:
    """The address of a database with an empty workspace. No test may change its tables but for the user's fields."""
    url = cluster.workspace()
    yield url
    cluster.give_back(url)


@pytest.fixture
def shared(server_url: str, key: WorkspaceKey) -> Iterator[Workspace]:
    """An empty workspace on a server, open."""
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
    """The address of a database with nothing in it."""
    url = cluster.database()
    yield url
    cluster.drop(url)


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path, key: WorkspaceKey) -> Iterator[Workspace]:
    """A new, empty workspace: in a file, and again in a database if `any_workspace` asks for it."""
    if getattr(request, "param", "file") == "server":
        made = Workspace.open(request.getfixturevalue("server_url"), key)
    else:
        made = Workspace.create(tmp_path / f"test{SUFFIX}", key, organisation="Blumen Berger")
    yield made
    made.close()
