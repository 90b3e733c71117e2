import pytest

from app.content.errors import AddressRefused, HeaderInjection
from app.content.return_path import MAX_TOKEN, ReturnPath, verp

TOKEN = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("return_path", "template"),
    [
        ("bounce@example.org", "bounce+{token}@example.org"),
        ("Bounces@Bücher.example", "bounces+{token}@xn--bcher-kva.example"),
        ("a+b@example.org", "a+b+{token}@example.org"),
        ("x" * 31 + "@example.org", "x" * 31 + "+{token}@example.org"),
    ],
)
def test_a_return_path_can_name_the_delivery(return_path: str, template: str):
    assert verp(return_path) == template

    address = ReturnPath(template).of(TOKEN)
    assert address == template.replace("{token}", TOKEN)
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize("return_path", ["x" * 32 + "@example.org", "ü" * 16 + "@example.org"])
def test_a_return_path_too_long_for_a_token_is_refused_with_a_reason(return_path: str):
    with pytest.raises(AddressRefused, match="shorter return path"):
        verp(return_path)


def test_what_is_no_address_is_no_return_path():
    with pytest.raises(AddressRefused):
        verp("nobody")
    with pytest.raises(HeaderInjection):
        verp("a\n@example.org")
    with pytest.raises(AddressRefused):
        ReturnPath("a@{token}.example.org")


def test_a_return_path_without_a_token_is_the_same_for_all():
    path = ReturnPath("bounce@bücher.example")

    assert path.of("1") == path.of("2") == "bounce@xn--bcher-kva.example"


def test_the_longest_token_is_the_longest_a_delivery_can_have():
    assert len(TOKEN) == MAX_TOKEN
