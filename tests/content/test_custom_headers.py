import pytest

from app.content.compiled import CompiledMessage
from app.content.errors import HeaderInjection, TemplateError
from tests.content.builders import a_source, parsed, render


def test_own_headers_are_merged_and_encoded():
    source = a_source(headers=(("X-Campaign", "spring"), ("X-Customer", "{{ name }} – {{ no|default('none') }}")))

    mail = parsed(render(source, {"name": "Zoë"}))

    assert (mail["X-Campaign"], mail["X-Customer"]) == ("spring", "Zoë – none")


def test_a_header_without_a_value_is_left_out():
    assert parsed(render(a_source(headers=(("X-Customer", "{{ name }}"),))))["X-Customer"] is None


def test_a_long_value_is_folded():
    message = render(a_source(headers=(("X" * 50, "{{ name }} " * 40),)), {"name": "Åsa"})

    assert all(len(line) <= 78 for line in message.to_bytes().split(b"\r\n"))
    assert parsed(message)["X" * 50] == ("Åsa " * 40).strip()


def test_a_line_break_is_refused_in_the_template_and_in_a_value():
    with pytest.raises(HeaderInjection, match="X-A"):
        CompiledMessage(a_source(headers=(("X-A", "b\r\nBcc: evil@example.com"),)))
    with pytest.raises(HeaderInjection, match="X-A"):
        render(a_source(headers=(("X-A", "{{ a }}"),)), {"a": "b\nBcc: evil@example.com"})
    with pytest.raises(HeaderInjection):
        CompiledMessage(a_source(headers=(("X-A\r\nBcc", "b"),)))


@pytest.mark.parametrize("name", ["", "X A", "X:A", "Ü", "X\x7f", "X" * 51])
def test_what_is_no_name_is_refused(name: str):
    with pytest.raises(TemplateError, match="cannot be the name"):
        CompiledMessage(a_source(headers=((name, "x"),)))


@pytest.mark.parametrize(
    "name",
    ["From", "SUBJECT", "List-Unsubscribe-Post", "Feedback-ID", "Precedence", "MIME-Version", "Content-Language"],
)
def test_what_this_program_writes_is_refused(name: str):
    with pytest.raises(TemplateError, match="written by this program"):
        CompiledMessage(a_source(headers=((name, "x"),)))


@pytest.mark.parametrize(
    "name",
    ["Bcc", "cc", "Sender", "Return-Path", "Bounces-To", "Received", "DKIM-Signature", "ARC-Seal", "Resent-To"],
)
def test_what_nobody_may_set_is_refused(name: str):
    with pytest.raises(TemplateError, match="cannot be set"):
        CompiledMessage(a_source(headers=((name, "x"),)))


def test_a_name_stands_once():
    with pytest.raises(TemplateError, match="there twice"):
        CompiledMessage(a_source(headers=(("X-A", "1"), ("x-a", "2"))))


def test_a_tag_that_cannot_be_read_stops_the_dispatch():
    with pytest.raises(TemplateError, match="cannot be read"):
        CompiledMessage(a_source(headers=(("X-A", "{{ first name }}"),)))
