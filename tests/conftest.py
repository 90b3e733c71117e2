"""Fixtures every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX, Workspace


@pytest.fixture
def key() -> WorkspaceKey:
    return WorkspaceKey(bytes(range(32)))


@pytest.fixture
def workspace(tmp_path: Path, key: WorkspaceKey) -> Iterator[Workspace]:
    """A new, empty workspace."""
    made = Workspace.create(tmp_path / f"test{SUFFIX}", key, organisation="Blumen Berger")
    yield made
    made.close()
