import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.content.quoted_printable import encode, sanitize

_TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" .=\t\n\rF\x00ü")), max_size=300)


def decoded(octets: bytes) -> str:
    return quopri.decodestring(octets.replace(b"\r\n", b"\n")).decode()


@given(_TEXT)
@example("From me\n.\n..\n")
@example("x" * 75 + "=")
@example("=" * 100)
@example("a" * 75 + ".b")
@example("a" * 75 + "From here")
@example("ends in blanks   ")
@example("blank before the break \nnext")
def test_encoding_and_decoding_gives_the_text_back(text: str):
    assert decoded(encode(text)) == sanitize(text)


@given(st.lists(_TEXT, max_size=6))
def test_pieces_stand_beside_each_other(pieces: list[str]):
    assert decoded(b"".join(map(encode, pieces))) == sanitize("".join(pieces))


@given(st.lists(_TEXT, max_size=6))
def test_lines_are_short_and_nothing_on_the_way_wants_to_change_them(pieces: list[str]):
    octets = b"".join(map(encode, pieces))

    lines = octets.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
        assert b"  " not in line
        assert b"\t" not in line
        assert line.isascii()
        assert b"\r" not in line


def test_ordinary_text_stays_readable():
    assert encode("Hello Anna, how are you?\n") == b"Hello Anna, how are you?\r\n"


@pytest.mark.parametrize(
    ("text", "clean"), [("a\x00b", "ab"), ("a\r\nb", "a\nb"), ("a\x0b\x7f\tb", "a\tb"), ("ü€😀", "ü€😀")]
)
def test_control_characters_are_dropped_and_line_ends_become_one_kind(text: str, clean: str):
    assert sanitize(text) == clean


def test_half_a_surrogate_pair_does_not_stop_a_dispatch():
    assert decoded(encode("a\ud83d")) == "a?"
