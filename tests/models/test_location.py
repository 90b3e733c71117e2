"""Where a workspace is, as people write it and as it may be shown."""

from pathlib import Path

import pytest

from app.errors import UserFacingError
from app.models.location import ServerLocation, parse_location, protection


def test_what_is_no_address_is_a_path() -> None:
    assert parse_location("/home/ann/shop.mailspace") == Path("/home/ann/shop.mailspace")
    assert parse_location("shop.mailspace") == Path("shop.mailspace")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:s3cret@db.example.com:5433/shop", "postgresql://ann@db.example.com:5433/shop"),
        ("postgres://db.example.com/shop?sslmode=verify-full", "postgresql://db.example.com/shop?sslmode=verify-full"),
        ("postgresql://ann:s3cret@/shop?host=/run/pg", "postgresql://ann@/shop?host=%2Frun%2Fpg"),
        ("postgresql://ann@[::1]:5432/shop", "postgresql://ann@[::1]:5432/shop"),
        ("postgresql://db/shop?password=s3cret", "postgresql://db/shop"),
        ("postgresql://a%40b:s3cret@db/my%2Fshop", "postgresql://a%40b@db/my%2Fshop"),
        (
            "postgresql://db/shop?sslrootcert=/my%20files/a%2Bb",
            "postgresql://db/shop?sslrootcert=%2Fmy%20files%2Fa%2Bb",
        ),
    ],
)
def test_an_address_is_shown_without_its_password(text: str, shown: str) -> None:
    location = parse_location(text)
    assert isinstance(location, ServerLocation)
    assert str(location) == shown
    assert "s3cret" not in f"{location} {location!r}"
    assert location.password == ("s3cret" if "s3cret" in text else "")
    again = parse_location(shown)
    assert isinstance(again, ServerLocation)
    assert (again.url, again.name, again.password) == (shown, location.name, "")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:s3cret@db/shop?nonsense=1",
        "postgresql://ann:s3cret@db/",
        "postgresql://ann:a@s3cret@db/shop",
        "postgresql://ann:s3cret@db:port/shop",
        "postgresql://ann:s3cret@db:65536/shop",
    ],
)
def test_a_wrong_address_is_told_without_its_password(text: str) -> None:
    with pytest.raises(UserFacingError, match="address") as caught:
        parse_location(text)
    assert "s3cret" not in f"{caught.value!r} {caught.value.detail}"


@pytest.mark.parametrize(
    "parts", [{}, {"host": "/run/pg"}, {"host": "localhost"}, {"host": "127.0.0.1"}, {"host": "x", "hostaddr": "::1"}]
)
def test_on_this_computer_no_certificate_is_asked_for(parts: dict[str, str]) -> None:
    assert protection(parts | {"sslmode": "prefer"}) == {}
    assert protection(parts | {"sslmode": "disable"}) == {}


@pytest.mark.parametrize(
    "parts", [{"host": "db.example.com"}, {"host": "localhost,db"}, {"host": "localhost", "hostaddr": "192.0.2.1"}]
)
def test_over_a_network_the_server_must_prove_who_it_is(parts: dict[str, str]) -> None:
    assert protection(parts)["sslmode"] == "verify-full"
    assert protection(parts | {"sslmode": "prefer"})["sslmode"] == "verify-full"
    for weaker in ("disable", "allow", "require", "verify-ca"):
        with pytest.raises(UserFacingError, match="not be safe"):
            protection(parts | {"sslmode": weaker})


def test_a_service_may_be_anywhere() -> None:
    assert protection({"service": "shop"})["sslmode"] == "verify-full"


def test_the_authorities_that_the_user_names_are_kept() -> None:
    assert protection({"host": "db", "sslrootcert": "/etc/own.crt"}) == {"sslmode": "verify-full"}
