from app.content.compiled import CompiledMessage
from app.content.letter import prepare, prepare_plain
from app.content.preview import preview, preview_source
from tests.content.builders import NOON, mjml, part


def test_a_preview_is_the_mail_that_is_sent():
    source = prepare(
        mjml("<mj-text>Hi {{ name|default('friend') }}, {{ today|date }} {% if vip %}★{% endif %}</mj-text>"),
        subject="For {{ name }}",
        sender_address="a@example.org",
        organisation="Grün",
        unsubscribe="https://u.example.org/{token}",
    )
    values = {"name": "Zoë <3", "vip": True}

    shown = preview_source(source, values, now=NOON)

    sent = CompiledMessage(source).render(values, to_address="z@example.net", token="preview", now=NOON)
    assert shown.subject == "For Zoë <3"
    assert shown.html == part(sent, "html")
    assert shown.text == part(sent, "plain")
    assert "Hi Zoë &lt;3, 24.11.2026 ★" in shown.html


def test_a_preview_names_the_fields_that_leave_a_gap():
    shown = preview(
        mjml("<mj-text>{{ a }}{{ b }}{{ c|default('x') }}{% if d %}{% endif %}</mj-text>"),
        {"a": "here", "b": ""},
        subject="{{ e }}",
    )

    assert shown.missing == {"b", "e"}


def test_a_preview_needs_no_account():
    shown = preview(mjml("<mj-text>A</mj-text>"), {}, subject="News", organisation="Grün", postal_address="1 Mill Lane")

    assert "1 Mill Lane" in shown.text
    assert "https://example.com/unsubscribe/preview" in shown.text


def test_a_postal_address_of_several_lines_stays_readable_in_both_parts():
    shown = preview(
        mjml("<mj-text>{{ postal_address }}</mj-text>"), {}, subject="News", postal_address="Gartenweg 7\n53111 Bonn"
    )
    assert "Gartenweg 7, 53111 Bonn" in shown.html
    assert "Gartenweg 7, 53111 Bonn" in shown.text


def test_a_preview_of_plain_text_has_no_html_and_names_its_gaps():
    shown = preview_source(prepare_plain("Hi {{ name }}", subject="News", sender_address="a@example.org"), {}, now=NOON)

    assert shown.html == ""
    assert shown.text.startswith("Hi \n")
    assert shown.missing == {"name"}
