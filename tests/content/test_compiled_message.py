import datetime as dt
from email import message_from_string, policy

import dkim.canonicalization
import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.content.compiled import CompiledMessage
from app.content.errors import AddressRefused, HeaderInjection, TemplateError
from app.content.quoted_printable import sanitize
from tests.content.builders import NOON, a_source, parsed, part, render

_NASTY = st.sampled_from(
    ["=", ".", "\n.", " ", "  ", "\t", "\r\n", "\x00", "\x1b", "From ", "ü", "😀", "<b>", "&", '"', "%}", "}"]
)
_VALUE = st.one_of(st.text(max_size=60), st.lists(_NASTY, max_size=12).map("".join), st.just("long" * 300))
_LITERAL = _VALUE.filter(lambda text: "{" not in text and "}" not in text and "%" not in text and "#" not in text)
_SEGMENT = st.one_of(
    _LITERAL,
    st.sampled_from(
        [
            "{{ a }}",
            "{{ b|upper }}",
            "{{ a|trim|length }}",
            "{% if a %}yes {{ a }}{% else %}no{% endif %}",
            "{% for x in xs %}{{ loop.index }}. {{ x }}\n{% else %}none{% endfor %}",
            "{% for x in xs %}{% for y in xs %}{{ x }}={{ y }} {% endfor %}{% endfor %}",
            "{% set c %}[{{ b }}]{% endset %}{{ c }}{{ c }}",
            "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(a) }}",
            "{% filter upper %}x{{ a }}{% endfilter %}",
            "{{ missing }}",
            "{{ 1 }}{{ true }}{{ 1.0 }}",
            "{{ 'ПРИВЕТ' }}Добро пожаловать, {{ a }}!",
            "{{ a ~ b }}",
            "{{ '.' }}",
        ]
    ),
)
_TEMPLATE = st.lists(_SEGMENT, max_size=8).map("".join)
_HTML_TEMPLATE = _TEMPLATE.map("<p>".__add__)  # without any, the message would be plain text


@given(_HTML_TEMPLATE, _TEMPLATE, _VALUE, _VALUE, st.lists(_VALUE, max_size=3))
@example("{{ a }}{{ a }}", "line one \n{{ a }}\n", ".", "", [])
def test_a_compiled_message_decodes_to_what_plain_jinja_gives(html: str, text: str, a: str, b: str, xs: list[str]):
    values = {"a": a, "b": b, "xs": xs}

    message = render(a_source(html=html, text=text), values)

    for source, subtype, autoescape in ((html, "html", True), (text, "plain", False)):
        jinja = jinja2.Environment(autoescape=autoescape, keep_trailing_newline=True)
        assert part(message, subtype) == sanitize(jinja.from_string(source).render(values))


@given(_TEMPLATE, _VALUE, _VALUE, st.lists(_VALUE, max_size=3))
@example("", "", "", [])
@example("\n\n{{ a }}\n\n", "\n", "", [])
def test_a_plain_message_is_a_single_part_and_canonical(text: str, a: str, b: str, xs: list[str]):
    values = {"a": a, "b": b, "xs": xs}
    message = render(a_source(html="", text=text), values)

    jinja = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
    written = sanitize(jinja.from_string(text).render(values))
    assert parsed(message).get_content_type() == "text/plain"
    assert part(message, "plain").rstrip("\n") == written.rstrip("\n")
    assert dkim.canonicalization.Relaxed.canonicalize_body(message.body) == message.body
    assert all(len(line) <= 78 for line in message.body.split(b"\r\n"))


@given(_HTML_TEMPLATE, _VALUE, _VALUE, st.lists(_VALUE, max_size=3))
def test_a_body_is_its_own_relaxed_canonical_form(html: str, a: str, b: str, xs: list[str]):
    body = render(a_source(html=html, text=html), {"a": a, "b": b, "xs": xs}).body

    assert dkim.canonicalization.Relaxed.canonicalize_body(body) == body
    assert body.endswith(b"--\r\n")
    assert all(len(line) <= 78 and not line.startswith(b".") for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_the_headers_are_those_of_good_bulk_mail_in_order():
    source = a_source(
        subject="Für {{ name }}",
        sender_name="Gärtnerei Grün",
        sender_address="news@bücher.example",
        reply_to="hello@example.org",
        list_id="News <news.example.org>",
        unsubscribe="https://u.example.org/u/{token}",
        unsubscribe_mail="mailto:u@example.org?subject={token}",
        feedback_id="spring:news:shop:sender1",
        envelope_sender="bounce+{token}@example.org",
    )

    message = render(source, {"name": "Zoë"}, to_name="Zoë Berger")
    mail = parsed(message)

    assert list(mail.items()) == [
        ("From", "Gärtnerei Grün <news@xn--bcher-kva.example>"),
        ("To", "Zoë Berger <anna@example.net>"),
        ("Subject", "Für Zoë"),
        ("Date", "Tue, 24 Nov 2026 12:00:00 +0000"),
        ("Message-ID", "<tok_1@xn--bcher-kva.example>"),
        ("Reply-To", "hello@example.org"),
        ("List-Id", "News <news.example.org>"),
        ("List-Unsubscribe", "<https://u.example.org/u/tok_1>, <mailto:u@example.org?subject=tok_1>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Feedback-ID", "spring:news:shop:sender1"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("MIME-Version", "1.0"),
        ("Content-Type", mail["Content-Type"]),
    ]
    assert mail.get_content_type() == "multipart/alternative"
    assert [body.get_content_type() for body in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not any(found.defects for found in mail.walk())
    assert message.envelope_sender == "bounce+tok_1@example.org"
    assert message.envelope_recipient == "anna@example.net"


def test_one_click_is_offered_only_where_a_web_address_can_be_posted_to():
    mail = parsed(render(a_source(unsubscribe="mailto:u@example.org?subject={token}")))

    assert mail["List-Unsubscribe"] == "<mailto:u@example.org?subject=tok_1>"
    assert mail["List-Unsubscribe-Post"] is None


def test_without_an_unsubscribe_address_there_are_no_list_headers():
    mail = parsed(render(a_source()))

    assert mail["List-Unsubscribe"] is None
    assert mail["List-Id"] is None


def test_built_in_fields_are_filled_in_and_win_over_the_contacts():
    source = a_source(
        text="{{ subject }}|{{ organisation }}|{{ postal_address }}|{{ unsubscribe_url }}|{{ today }}\n",
        subject="Hi {{ name }}",
        organisation="Grün",
        postal_address="1 Mill Lane",
        unsubscribe="https://u.example.org/{token}",
    )

    message = render(source, {"name": "Zoë", "unsubscribe_url": "https://evil.example", "subject": "no"})

    assert part(message, "plain") == "Hi Zoë|Grün|1 Mill Lane|https://u.example.org/tok_1|2026-11-24\n"


def test_constants_are_merged_like_values_and_win_over_the_contacts():
    compiled = CompiledMessage(
        a_source(text="{{ shop }} {{ organisation }}\n"), constants={"shop": "X", "organisation": "Y"}
    )

    message = compiled.render({"shop": "mine"}, to_address="a@example.net", token="t", now=NOON)

    assert part(message, "plain") == "X Y\n"


def test_two_recipients_share_nothing_but_the_template():
    compiled = CompiledMessage(a_source(text="{{ name }}\n"))

    first, second = (
        compiled.render({"name": name}, to_address=f"{name}@example.net", token=name, now=NOON)
        for name in ("anna", "bert")
    )

    assert (part(first, "plain"), part(second, "plain")) == ("anna\n", "bert\n")
    assert parsed(first)["Message-ID"] != parsed(second)["Message-ID"]
    assert b"anna" not in second.to_bytes()


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n"])
def test_a_line_break_in_a_header_value_stops_the_message(break_: str):
    evil = f"x{break_}Bcc: victim@example.com"

    with pytest.raises(HeaderInjection, match="Subject"):
        render(a_source(subject="Hi {{ name }}"), {"name": evil})
    with pytest.raises(HeaderInjection):
        render(a_source(), to_name=evil)
    with pytest.raises(HeaderInjection):
        render(a_source(), to_address=f"a@example.org{break_}Bcc: victim@example.com")
    with pytest.raises(HeaderInjection):
        CompiledMessage(a_source(sender_name=evil))
    with pytest.raises(HeaderInjection):
        CompiledMessage(a_source(feedback_id=evil))


def test_a_line_break_in_a_body_value_is_just_a_line_break():
    message = render(a_source(text="{{ a }}\n"), {"a": "x\r\nBcc: y@example.com"})

    assert part(message, "plain") == "x\nBcc: y@example.com\n"
    assert parsed(message)["Bcc"] is None


@pytest.mark.parametrize(
    ("envelope_sender", "return_path"),
    [
        ("", "news@example.org"),
        ("bounces@bücher.example", "bounces@xn--bcher-kva.example"),
        ("b+{token}@bücher.example", "b+tok_1@xn--bcher-kva.example"),
    ],
)
def test_the_return_path_may_name_the_delivery(envelope_sender: str, return_path: str):
    assert render(a_source(envelope_sender=envelope_sender)).envelope_sender == return_path


def test_an_unusable_recipient_is_refused_alone():
    with pytest.raises(AddressRefused):
        render(a_source(), to_address="jürgen müller@example.org")


def test_letters_beyond_ascii_before_the_at_go_as_utf_8_and_the_message_says_so():
    message = render(a_source(reply_to="hello@bücher.example"), to_address="jürgen@bücher.example", to_name="Jürgen")

    to = dict(message.headers)["To"].replace(b"\r\n", b"")
    assert to.endswith("<jürgen@xn--bcher-kva.example>".encode())
    assert to.startswith(b"=?utf-8?b?")  # in addresses alone
    mail = message_from_string(message.to_bytes().decode(), policy=policy.SMTPUTF8)
    assert (mail["To"].addresses[0].username, mail["To"].addresses[0].display_name) == ("jürgen", "Jürgen")
    assert message.envelope_recipient == "jürgen@xn--bcher-kva.example"
    assert message.needs_smtputf8
    assert message.body.isascii()
    assert message.size == len(message.to_bytes())


@pytest.mark.parametrize("place", ["sender_address", "reply_to", "envelope_sender"])
def test_a_senders_address_beyond_ascii_makes_every_message_need_smtputf8(place: str):
    assert render(a_source(**{place: "jürgen@example.org"})).needs_smtputf8
    assert not render(a_source(**{place: "jurgen@bücher.example"})).needs_smtputf8


def test_unsubscribing_by_mail_works_with_such_an_address():
    source = a_source(unsubscribe="mailto:jürgen@example.org?subject={token}", text="{{ unsubscribe_url }}\n")
    message = render(source)

    assert parsed(message)["List-Unsubscribe"] == "<mailto:j%C3%BCrgen@example.org?subject=tok_1>"
    assert part(message, "plain") == "mailto:j%C3%BCrgen@example.org?subject=tok_1\n"


def test_a_single_message_does_not_call_itself_bulk():
    mail = parsed(render(a_source(is_bulk=False)))

    assert mail["Precedence"] is None
    assert mail["X-Auto-Response-Suppress"] is None


@pytest.mark.parametrize(
    "name",
    [
        "Anna",
        'J. "Jo" Doe, Jr.',
        "Zoë 🎄, die Erste",
        "مريم العلي",
        "山田 太郎" * 20,
        "x" * 300,
        "a\\b",
        "=?utf-8?q?x?=",
    ],
)
def test_names_arrive_in_lines_within_limits(name: str):
    message = render(a_source(subject="{{ n }}", sender_name=name), {"n": name}, to_name=name)
    mail = parsed(message)

    assert mail["Subject"] == name
    for header in ("From", "To"):
        # Python 3.11's address parser puts blanks between encoded words (gh-128110).
        shown = mail[header].addresses[0].display_name
        assert shown.replace(" ", "") == name.replace(" ", "")
    assert max(len(line) for line in message.to_bytes().split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "changes",
    [
        {"html": "{% if %}"},
        {"text": "{{ a b }}"},
        {"subject": "{{ 'x'|nothing }}"},
        {"sender_address": "nobody"},
        {"reply_to": "nobody"},
        {"envelope_sender": "b {token}@example.org"},
        {"envelope_sender": "b@{token}.example.org"},
        {"envelope_sender": "x" * 40 + "{token}@example.org"},
        {"message_id_domain": "a b"},
        {"unsubscribe": "http://example.org/{token}"},
        {"unsubscribe": "https://example.org/ {token}"},
        {"unsubscribe": "https://example.org/{token}>,<https://evil.example"},
    ],
)
def test_an_unusable_source_is_refused_before_the_first_recipient(changes: dict[str, str]):
    with pytest.raises(TemplateError):
        CompiledMessage(a_source(**changes))


def test_a_tag_that_fails_with_a_contacts_values_says_so():
    with pytest.raises(TemplateError, match="cannot be worked out"):
        render(a_source(html="{{ 1 // n }}"), {"n": 0})


@pytest.mark.parametrize("token", ["", "a b", "a@b", "a\n", "ü", "a..b", "x" * 33])
def test_a_token_that_fits_no_address_is_a_fault_of_the_program(token: str):
    with pytest.raises(ValueError, match="token"):
        render(a_source(), token=token)


def test_a_time_without_zone_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="time"):
        CompiledMessage(a_source()).render({}, to_address="a@example.org", token="t", now=dt.datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_date_is_in_the_zone_of_the_sender():
    for hours, written in ((0, "12:00:00 +0000"), (2, "14:00:00 +0200")):
        now = NOON.astimezone(dt.timezone(dt.timedelta(hours=hours)))
        message = CompiledMessage(a_source()).render({}, to_address="a@example.org", token="t", now=now)
        assert dict(message.headers)["Date"] == f"Tue, 24 Nov 2026 {written}".encode()


def test_the_size_is_that_of_the_bytes_and_a_signature_goes_in_front():
    message = render(a_source())

    assert message.size == len(message.to_bytes())
    assert message.to_bytes(prefix=b"DKIM-Signature: x\r\n") == b"DKIM-Signature: x\r\n" + message.to_bytes()


def test_the_boundary_cannot_occur_in_a_part():
    boundary = parsed(render(a_source())).get_boundary()
    assert boundary is not None

    message = render(a_source(text="{{ a }}\n"), {"a": f"--{boundary}--\n"})

    assert part(message, "plain") == f"--{boundary}--\n\n"
    assert part(message, "html") == "<p>Hi</p>\n"
