from typing import Any

import pytest

from app.content.errors import HeaderInjection, TemplateError
from app.content.letter import MessageSource, prepare, prepare_plain
from app.content.sandbox import PLAIN
from tests.content.builders import mjml, part, render


def letter(body: str = "<mj-text>A</mj-text>", head: str = "", **changes: Any) -> MessageSource:
    parts: dict[str, Any] = {"subject": "News", "sender_address": "a@example.org", **changes}
    return prepare(mjml(body, head), **parts)


def test_a_template_without_them_gets_unsubscribe_link_and_address_in_both_parts():
    source = letter()

    for text in (source.html, source.text):
        assert "{{ unsubscribe_url }}" in text
        assert "{{ organisation }}" in text
        assert "{{ postal_address }}" in text


def test_a_template_that_has_them_is_left_alone():
    source = letter("<mj-text>{{ postal_address }} <a href='{{ unsubscribe_url }}'>bye</a></mj-text>")

    assert source.text == "{{ postal_address }} bye ({{ unsubscribe_url }})\n"
    assert source.html.count("unsubscribe_url") == 1


def test_only_what_is_missing_is_added():
    source = letter("<mj-text>{{ postal_address }}</mj-text>")

    assert source.html.count("postal_address") == 1
    assert source.html.count("unsubscribe_url") == 1


def test_the_preheader_is_hidden_at_the_beginning_and_wins_over_the_templates_own():
    source = letter(head="<mj-preview>old</mj-preview>", preheader="For you & {{ name }}")

    hidden = source.html.index("For you &amp; {{ name }}")
    assert source.html.index("<body") < hidden < source.html.index(">A<")
    assert "display:none" in source.html[source.html.index("<body") : hidden]
    assert "old" not in source.html
    assert "For you" not in source.text


def test_a_templates_own_preview_stays_without_a_preheader():
    assert "own words" in letter(head="<mj-preview>own words</mj-preview>").html


def test_links_can_be_rewritten_with_their_merge_tags():
    source = prepare(
        mjml(
            "<mj-button href='https://a.example/{{ id }}'>Go</mj-button><mj-image src='https://a.example/x' alt='' />"
        ),
        subject="News",
        sender_address="a@example.org",
        rewrite_link=lambda link: link if "unsubscribe" in link else f"https://t.example/{{{{ token }}}}?{len(link)}",
    )

    assert 'href="https://t.example/{{ token }}?26"' in source.html
    assert "Go (https://t.example/{{ token }}?26)" in source.text
    assert 'src="https://a.example/x"' in source.html
    assert 'href="{{ unsubscribe_url }}"' in source.html


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@example.com"])
def test_a_subject_of_several_lines_is_refused(subject: str):
    with pytest.raises(HeaderInjection):
        letter(subject=subject)


def test_a_fault_in_the_subject_says_so():
    with pytest.raises(TemplateError, match=r"^In the subject: This merge field"):
        letter(subject="{{ first name }}")


def test_a_fault_in_the_tags_names_the_line_of_the_mjml():
    with pytest.raises(TemplateError) as caught:
        letter("<mj-text>\n{% if a %}</mj-text>")

    assert caught.value.line == 5


def test_words_that_look_like_a_stand_in_are_words():
    source = letter("<mj-text>merge&#116;ag7z {{ first_name }}</mj-text>", preheader="mergetag0z")
    assert "mergetag7z {{ first_name }}" in source.text
    assert "mergetag0z" in source.html


def test_an_organisation_without_an_address_leaves_no_empty_line():
    source = letter("<mj-text>Hello</mj-text>")
    footer = PLAIN.from_string(source.text).render(organisation="Grün", unsubscribe_url="u").splitlines()
    assert footer == ["Hello", "", "Grün", "", "Unsubscribe (u)"]


def test_the_text_of_a_template_can_go_alone():
    both, alone = (
        letter("<mj-text>Hello {{ name }}</mj-text>"),
        letter("<mj-text>Hello {{ name }}</mj-text>", text_only=True, preheader="For {{ name }}"),
    )

    assert (alone.html, alone.text) == ("", both.text)
    message = render(alone, {"name": "Zoë"})
    assert part(message, "plain").startswith("Hello Zoë\n")
    assert b"For Zo" not in message.to_bytes()


def plain(text: str, **changes: Any) -> MessageSource:
    parts: dict[str, Any] = {"subject": "News", "sender_address": "a@example.org", **changes}
    return prepare_plain(text, **parts)


def test_a_plain_letter_keeps_its_lines_and_gets_what_it_lacks_at_the_end():
    source = plain(
        "Dear {{ name|default(“friend”) }},\n\n  * tea\n  * cake\n\n",
        organisation="Grün",
        postal_address="1 Mill Lane\nSpringfield",
        unsubscribe="https://u.example.org/{token}",
    )

    assert part(render(source), "plain") == (
        "Dear friend,\n\n  * tea\n  * cake\n\n-- \nGrün\n1 Mill Lane, Springfield\n"
        "Unsubscribe: https://u.example.org/tok_1\n"
    )


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{{ postal_address }} {{ unsubscribe_url }}", "{{ postal_address }} {{ unsubscribe_url }}\n"),
        ("{{ postal_address }}", "{{ postal_address }}\n\n-- \nUnsubscribe: {{ unsubscribe_url }}\n"),
    ],
)
def test_a_plain_letter_gets_only_what_is_missing(text: str, whole: str):
    assert plain(text).text == whole
    assert plain(text).html == ""


def test_faults_of_a_plain_letter_are_told_like_those_of_a_template():
    with pytest.raises(TemplateError) as caught:
        plain("Hello\n{% if a %}")
    assert caught.value.line == 2
    with pytest.raises(HeaderInjection):
        plain("Hello", subject="a\nb")
    with pytest.raises(TemplateError, match="In the preview text"):
        plain("Hello", preheader="{{ first name }}")


def test_all_particulars_reach_the_message():
    source = plain(
        "Hello", sender_name="Grün", headers=(("X-A", "{{ name }}"),), is_bulk=False, reply_to="r@example.org"
    )

    assert (source.sender_name, source.headers, source.is_bulk) == ("Grün", (("X-A", "{{ name }}"),), False)
    assert source.reply_to == "r@example.org"
