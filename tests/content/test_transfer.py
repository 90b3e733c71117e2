import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.quoted_printable import sanitize
from app.content.transfer import BASE64, QUOTED_PRINTABLE, base64_lines, smaller_encoding
from tests.content.builders import a_source, parsed, part, render


@given(st.binary(max_size=400))
def test_base64_lines_are_short_and_decode(octets: bytes):
    lines = base64_lines(octets)

    assert base64.b64decode(lines) == octets
    assert all(0 < len(line) <= 76 for line in lines.split(b"\r\n")[:-1])
    assert lines.endswith(b"\r\n") or not octets


@given(st.lists(st.text(max_size=60), max_size=5))
def test_pieces_of_base64_stand_beside_each_other(pieces: list[str]):
    lines = BASE64.finish(map(BASE64.encode_piece, pieces))

    assert (
        base64.b64decode(lines).decode()
        == sanitize("".join(pieces)).replace("\n", "\r\n").encode("utf-8", "replace").decode()
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", QUOTED_PRINTABLE),
        ("Hello, how are you?\n", QUOTED_PRINTABLE),
        ("Wir freuen uns, Sie im Frühling bei uns zu begrüßen.\n", QUOTED_PRINTABLE),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.\n", BASE64),
        ("Καλημέρα σας, σήμερα έχουμε νέα.\n", BASE64),
        ("Добро пожаловать!\n", BASE64),
        ("お知らせがあります。\n", BASE64),
    ],
)
def test_the_smaller_encoding_is_chosen(text: str, encoding: object):
    assert smaller_encoding([text]) is encoding


def test_each_part_has_the_encoding_that_suits_it():
    cyrillic = "Добро пожаловать, {{ name }}!\n"
    message = render(
        a_source(html="<p style='margin:0;padding:0;color:#ffffff'>" * 9 + cyrillic, text=cyrillic), {"name": "Zoë"}
    )

    text, html = parsed(message).iter_parts()
    assert (text["Content-Transfer-Encoding"], html["Content-Transfer-Encoding"]) == ("base64", "quoted-printable")
    assert part(message, "plain") == "Добро пожаловать, Zoë!\n"
    assert part(message, "html").endswith("Добро пожаловать, Zoë!\n")


def test_a_plain_message_says_its_encoding_itself():
    message = render(a_source(html="", text="Добро пожаловать\n"))

    assert parsed(message)["Content-Transfer-Encoding"] == "base64"
    assert parsed(message).get_content_charset() == "utf-8"
    assert part(message, "plain") == "Добро пожаловать\n"
