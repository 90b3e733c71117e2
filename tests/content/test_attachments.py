import tracemalloc
from email.message import EmailMessage
from functools import partial

import dkim.canonicalization
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.content.attachments import Attachment, EncodedAttachment, media_type_of
from app.content.compiled import CompiledMessage
from app.content.errors import HeaderInjection, TemplateError
from app.content.mime import Skeleton
from tests.content.builders import NOON, a_source, parsed, part, render

LOGO = Attachment("logo.png", "image/png", b"\x89PNG\r\n" * 40, content_id="logo")
PDF = Attachment("Offer.pdf", "application/pdf", bytes(range(256)) * 9)
HTML = "<p>Hi {{ name }} <img src='cid:logo'></p>\n"

_NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"], exclude_characters="/\\"), max_size=255
)


def shape(message: EmailMessage) -> str | tuple[str, list[object]]:
    """The tree of media types."""
    kind = message.get_content_type()
    return (kind, [shape(child) for child in message.iter_parts()]) if message.is_multipart() else kind


def a_file(name: str, media_type: str = "application/pdf") -> Attachment:
    return Attachment(name, media_type, b"data")


TEXTS = ("multipart/alternative", ["text/plain", "text/html"])
TEXTS_AND_LOGO = ("multipart/alternative", ["text/plain", ("multipart/related", ["text/html", "image/png"])])


@pytest.mark.parametrize(
    ("html", "attachments", "files", "tree"),
    [
        (HTML, (), (), TEXTS),
        (HTML, (LOGO,), (), TEXTS_AND_LOGO),
        (HTML, (PDF,), (), ("multipart/mixed", [TEXTS, "application/pdf"])),
        (HTML, (PDF, LOGO), (PDF,), ("multipart/mixed", [TEXTS_AND_LOGO, "application/pdf", "application/pdf"])),
        (HTML, (), (PDF,), ("multipart/mixed", [TEXTS, "application/pdf"])),
        ("", (), (), "text/plain"),
        ("", (PDF, LOGO), (), ("multipart/mixed", ["text/plain", "application/pdf"])),
        ("", (), (PDF, PDF), ("multipart/mixed", ["text/plain", "application/pdf", "application/pdf"])),
    ],
)
def test_a_message_has_the_levels_it_needs_and_no_more(
    html: str, attachments: tuple[Attachment, ...], files: tuple[Attachment, ...], tree: object
):
    source = a_source(html=html, text="Hi {{ name }}\n", attachments=attachments)

    message = render(source, {"name": "Zoë"}, files=[EncodedAttachment.of(file) for file in files])
    mail = parsed(message)

    assert shape(mail) == tree
    assert not any(found.defects for found in mail.walk())
    assert part(message, "plain") == "Hi Zoë\n"
    assert dkim.canonicalization.Relaxed.canonicalize_body(message.body) == message.body
    assert all(len(line) <= 78 for line in message.to_bytes().split(b"\r\n"))
    assert message.to_bytes().isascii()


def test_files_arrive_byte_for_byte():
    message = parsed(
        render(a_source(html=HTML, attachments=(PDF, LOGO)), files=[EncodedAttachment.of(a_file("x.pdf"))])
    )

    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content(), first.get_content_disposition()) == (
        "Offer.pdf",
        PDF.data,
        "attachment",
    )
    assert (second.get_filename(), second.get_content()) == ("x.pdf", b"data")
    logo = next(found for found in message.walk() if found.get_content_type() == "image/png")
    assert (logo["Content-ID"], logo.get_content_disposition()) == ("<logo>", "inline")
    assert logo.get_content() == LOGO.data
    related = next(found for found in message.walk() if found.get_content_type() == "multipart/related")
    assert related.get_param("type") == "text/html"  # RFC 2387, §3.1


def test_a_recipients_own_file_goes_to_nobody_else():
    compiled = CompiledMessage(a_source(attachments=(PDF,)))
    own = EncodedAttachment.of(Attachment("invoice-7.pdf", "application/pdf", b"seven"))

    first = compiled.render({}, to_address="a@example.net", token="1", now=NOON, files=[own])
    second = compiled.render({}, to_address="b@example.net", token="2", now=NOON)

    assert [file.get_filename() for file in parsed(first).iter_attachments()] == ["Offer.pdf", "invoice-7.pdf"]
    assert [file.get_filename() for file in parsed(second).iter_attachments()] == ["Offer.pdf"]


def test_room_for_a_recipients_files_costs_no_second_copy_of_everybodys():
    encoded = EncodedAttachment.of(Attachment("big.bin", "application/octet-stream", b"x" * 100_000))

    build = partial(Skeleton.build, text_encoding=b"base64", html_encoding=b"base64", files=[encoded], seed="spring")
    tracemalloc.start()
    try:
        skeletons = build(takes_more_files=False), build(takes_more_files=True)
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
    assert all(encoded.part in skeleton.fill(b"", b"") for skeleton in skeletons)


# Python's parser takes blanks off the ends.
@given(_NAME.filter(lambda name: name.strip(" .") and name == name.strip()))
@example("Preisliste 2026.xlsx")
@example("He said \"a, b; c\" 'd'.pdf")
@example("två  blanksteg.pdf")
@example("two  blanks.pdf")
@example("عرض أسعار.pdf")
@example("請求書" * 60 + ".pdf")
@example("🎄" * 100)
@example("a" * 255)
@example("100%.pdf")
def test_a_files_name_arrives_as_it_is(name: str):
    message = render(a_source(attachments=(a_file(name),)))
    (file,) = parsed(message).iter_attachments()

    assert file.get_filename() == name
    assert not file.defects
    assert not file["Content-Disposition"].defects
    assert not file["Content-Type"].defects
    assert all(len(line) <= 78 for line in message.body.split(b"\r\n"))
    assert dkim.canonicalization.Relaxed.canonicalize_body(message.body) == message.body


def test_programs_that_do_not_know_rfc_2231_find_a_name_that_is_like_it():
    mail = parsed(render(a_source(attachments=(a_file("Größenübersicht März.pdf"), a_file("請求書.pdf")))))

    assert [file.get_param("name") for file in mail.iter_attachments()] == ["Groenubersicht Marz.pdf", "file.pdf"]


@pytest.mark.parametrize("name", ["a\nb.pdf", "a\r\nBcc: x@example.com", "a\x00b", "a\u2028b"])
def test_a_line_break_in_a_files_name_is_refused(name: str):
    with pytest.raises(HeaderInjection):
        a_file(name)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "../x.pdf", "C:\\x.pdf", "a/b", "x" * 256, "fdp\u202exe.pdf"])
def test_a_path_or_a_deceptive_name_is_refused(name: str):
    with pytest.raises(TemplateError, match="cannot be called"):
        a_file(name)


@pytest.mark.parametrize(
    "media_type", ["", "pdf", "a/b/c", "text/plain; charset=x", "message/rfc822", "multipart/mixed", "a/b\r\nX: y"]
)
def test_what_is_no_media_type_of_a_file_is_refused(media_type: str):
    with pytest.raises(TemplateError, match="cannot be attached"):
        a_file("x.pdf", media_type)


@pytest.mark.parametrize("content_id", ["a b", "<a>", "a\r\nb", "a@b@c", "ü"])
def test_what_html_cannot_call_a_picture_is_refused(content_id: str):
    with pytest.raises(TemplateError, match="stand for a picture"):
        Attachment("x.png", "image/png", b"", content_id=content_id)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("Offer.PDF", "application/pdf"),
        ("list.csv", "text/csv"),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("b.jpeg", "image/jpeg"),
        ("c.ics", "text/calendar"),
        ("d.tar.gz", "application/gzip"),
        ("mail.eml", "application/octet-stream"),
        ("unknown.qqq", "application/octet-stream"),
        ("noending", "application/octet-stream"),
    ],
)
def test_the_ending_of_a_name_says_what_a_file_is(name: str, media_type: str):
    assert media_type_of(name) == media_type
    assert Attachment(name, media_type_of(name), b"").media_type == media_type


@pytest.mark.parametrize(("data", "charset"), [("ü".encode(), "utf-8"), (b"\xfc", None)])
def test_a_text_file_in_utf_8_says_so(data: bytes, charset: str | None):
    (file,) = parsed(render(a_source(attachments=(Attachment("a.csv", "text/csv", data),)))).iter_attachments()

    assert file.get_param("charset") == charset
