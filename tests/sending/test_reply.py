"""Replies are understood however they are cut, and a stranger's words do no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sending.reply import MAX_REPLY_BYTES, MAX_TEXT_CHARS, MalformedReply, Reply, ReplyReader


def read(data: bytes) -> list[Reply]:
    return list(ReplyReader().feed(data))


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"250 2.0.0 Ok: queued as 4XyZ\r\n", Reply(250, "2.0.0", "Ok: queued as 4XyZ")),
        (b"250 Ok\r\n", Reply(250, "", "Ok")),
        (b"250\r\n", Reply(250, "", "")),
        (b"354 End data with <CR><LF>.<CR><LF>\r\n", Reply(354, "", "End data with <CR><LF>.<CR><LF>")),
        (
            b"550-5.7.26 Not\r\n550-5.7.26 authenticated\r\n550 5.7.26 gsmtp\r\n",
            Reply(550, "5.7.26", "Not authenticated gsmtp"),
        ),
        (b"550 5.7.515 Access denied\r\n", Reply(550, "5.7.515", "Access denied")),
        (b"550; 5.7.515 Access denied\r\n", None),
        (b"452-4.2.2 Full\n452 4.2.2 really\n", Reply(452, "4.2.2", "Full really")),
        (b"550 10.0.0.1 is listed\r\n", Reply(550, "", "10.0.0.1 is listed")),
        (b"550 5.1.1.2 odd\r\n", Reply(550, "", "5.1.1.2 odd")),
        (b"550 5.1.1: unknown\r\n", Reply(550, "5.1.1", "unknown")),
        (b"421-Hello\r\n421 \r\n", Reply(421, "", "Hello")),
    ],
)
def test_a_reply_is_read(data: bytes, reply: Reply | None) -> None:
    if reply is None:
        with pytest.raises(MalformedReply):
            read(data)
    else:
        assert read(data) == [reply]


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"hello\r\n",
        b"99 short\r\n",
        b"199 too low\r\n",
        b"650 too high\r\n",
        b"25x no\r\n",
        b"250-a\r\n550 b\r\n",
        b"2500 long\r\n",
        b"\xff\xfe\r\n",
        b" 250 Ok\r\n",
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        read(data)


def test_replies_before_garbage_still_count() -> None:
    replies = []
    with pytest.raises(MalformedReply):
        for reply in ReplyReader().feed(b"250 2.0.0 Ok\r\ngarbage\r\n"):
            replies.append(reply)  # noqa: PERF402 (the generator raises in the middle)

    assert [reply.code for reply in replies] == [250]


@pytest.mark.parametrize("data", [b"250-" + b"x" * 80 + b"\r\n", b"x" * 1000])
def test_an_endless_reply_is_refused(data: bytes) -> None:
    reader = ReplyReader()

    with pytest.raises(MalformedReply, match=str(MAX_REPLY_BYTES)):
        for _ in range(1000):
            list(reader.feed(data))


@given(
    st.lists(st.sampled_from([b"250 Ok\r\n", b"250-a\r\n250 b\r\n", b"354 go\r\n", b"550-5.1.1 x\r\n550 5.1.1 y\r\n"])),
    st.data(),
)
def test_the_networks_cuts_change_nothing(replies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(replies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    reader = ReplyReader()

    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = [reply for piece in pieces for reply in reader.feed(piece)]

    assert found == read(stream)
    assert len(found) == len(replies)


@given(st.binary(max_size=2000))
def test_a_servers_words_are_short_and_printable(data: bytes) -> None:
    (reply,) = read(b"550 " + data.replace(b"\n", b" ").replace(b"\r", b" ") + b"\r\n")

    assert len(reply.text) <= MAX_TEXT_CHARS
    assert reply.text.isprintable()


def test_direction_marks_and_escape_codes_are_removed() -> None:
    (reply,) = read("550 \u202egro.elpmaxe\u202c \x1b[31mred\x00\r\n".encode())

    assert reply.text == "gro.elpmaxe   [31mred"


def test_a_reply_reads_like_the_server_wrote_it() -> None:
    assert str(Reply(550, "5.1.1", "No such user")) == "550 5.1.1 No such user"
