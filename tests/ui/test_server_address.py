"""The address of a database in the parts that a form shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ui.start.server_address import ServerAddress, place_words
from tests.postgres import location_of


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna@db.example.org:5432/newsletter",
        "postgresql://anna%40shop@[::1]:6543/two%20words?options=-c%20a%3D%2B1&sslrootcert=%2Fca.pem",
        "postgresql://anna@/newsletter?host=%2Frun%2Fpostgresql&port=5432",
        "postgresql://anna@/newsletter?host=a.example%2Cb.example&port=5432%2C5433",
    ],
)
def test_an_address_in_parts_is_the_same_address(url: str) -> None:
    assert ServerAddress.of(location_of(url)).location().url == url


def test_the_place_is_told_in_words() -> None:
    assert place_words(Path("/home/anna/Shop.mailspace")) == "on this computer"
    assert place_words(location_of("postgresql://anna:x@db.example.org:6543/shop")) == "on db.example.org"
    assert place_words(location_of("postgresql://anna@/shop?host=/run/postgresql")) == "on this computer’s server"


def test_a_password_is_in_no_representation() -> None:
    address = ServerAddress.of(location_of("postgresql://anna:top-secret@db.example.org/shop"))
    assert "top-secret" not in f"{address!r} {address.location()!r} {address.location()}"
