import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.errors import TemplateError
from app.content.mjml import compile_mjml
from tests.content.builders import mjml


def test_merge_tags_stay_untouched_in_text_and_attributes():
    html = compile_mjml(
        mjml("""<mj-text>{{ a|default("x") }} {% if b < 3 and c > '1' %}yes{% endif %}</mj-text>
                <mj-button href="https://example.org/?q={{ d|default('e') }}&f=1">Go</mj-button>""")
    )

    assert """{{ a|default("x") }} {% if b < 3 and c > '1' %}yes{% endif %}""" in html
    assert """href="https://example.org/?q={{ d|default('e') }}&amp;f=1\"""" in html


def test_tags_written_by_an_editor_are_read_as_meant():
    html = compile_mjml(mjml("<mj-text>{% if a &lt; 3 %}{{&nbsp;b|default(“c”)&nbsp;}}{% endif %}</mj-text>"))

    assert '{% if a < 3 %}{{ b|default("c") }}{% endif %}' in html


def test_a_condition_around_a_section_stays_around_it():
    html = compile_mjml(
        "<mjml><mj-body>{% if vip %}<mj-section><mj-column><mj-text>Only you</mj-text></mj-column></mj-section>"
        "{% endif %}</mj-body></mjml>"
    )

    assert html.index("{% if vip %}") < html.index("<table") < html.index("Only you") < html.index("{% endif %}")
    assert html[html.index("{% endif %}") :].startswith("{% endif %}</div></body>")


def test_a_loop_in_a_table_stays_in_its_place():
    html = compile_mjml(mjml("<mj-table>{% for x in xs %}<tr><td>{{ x }}</td></tr>{% endfor %}</mj-table>"))

    assert "{% for x in xs %}<tr><td>{{ x }}</td></tr>{% endfor %}</table>" in html


def test_what_people_and_editors_write_is_forgiven():
    html = compile_mjml(mjml("<mj-text>A<br>B &nbsp;&copy; C & D<img src='x' alt='a > b'></mj-text>"))

    assert "A<br />B \xa0© C &amp; D<img" in html


def test_rare_characters_in_attributes_survive():
    html = compile_mjml(mjml('<mj-image src="x" alt="Grüße\n„Ö“ \\ z\u0308" />'))

    assert 'alt="Gr&#252;&#223;e &#8222;&#214;&#8220; &#92; z&#776;"' in html


def test_notes_in_the_source_do_not_reach_the_reader_but_conditions_for_outlook_do():
    html = compile_mjml(
        mjml(
            "<!-- boss wants this -->"
            "<mj-raw><!--[if mso]><p>Outlook</p><![endif]--></mj-raw><mj-text>{# me #}A</mj-text>"
        )
    )

    assert "boss" not in html
    assert "{#" not in html
    assert "<!--[if mso]><p>Outlook</p><![endif]-->" in html


def test_no_mail_loads_a_font_from_google():
    assert "googleapis" not in compile_mjml(mjml("<mj-text>A</mj-text>"))


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("", None, "empty"),
        ("hello", 1, "not valid MJML"),
        ("<mjml></mjml>", 1, "<mj-body>"),
        (mjml("<mj-text>"), 5, "<mj-text> from line 4 must be closed before </mj-column>"),
        ("<mjml><mj-body>\n<mj-section>", 2, "<mj-section> is opened but never closed"),
        (mjml("\n<mj-txet>A</mj-txet>"), 5, "Did you mean <mj-text>?"),
        (mjml('<mj-include path="/etc/passwd" />'), 4, "<mj-include>"),
        (mjml("\n<mj-text a=b>A</mj-text>"), 5, "not valid MJML"),
        (mjml("Hello"), 3, "“Hello” cannot stand directly inside <mj-column>"),
        (mjml("<mj-social>{% if a %}<mj-social-element />{% endif %}</mj-social>"), 4, "cannot stand directly"),
        (mjml('\n\n<mj-image width="{% if a %}1{% endif %}" />'), 6, "stands where a mail cannot keep it"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + mjml("<mj-text>&b;</mj-text>"), 1, "DOCTYPE"),
        (mjml("{{\n\n}}<mj-text>"), 7, "must be closed"),
    ],
)
def test_a_fault_is_told_in_plain_words_with_its_line(source: str, line: int | None, words: str):
    with pytest.raises(TemplateError) as caught:
        compile_mjml(source)

    assert words in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("element", ["mj-wrapper", "div"])
def test_endless_nesting_is_refused_before_it_can_kill_the_process(element: str):
    nested = f"<{element}>" * 20_000 + f"</{element}>" * 20_000

    with pytest.raises(TemplateError, match="inside one another"):
        compile_mjml(f"<mjml><mj-body>{nested}</mj-body></mjml>")


def test_a_huge_template_is_refused():
    with pytest.raises(TemplateError, match="too long"):
        compile_mjml(mjml("<mj-text>" + "x" * 1_000_000 + "</mj-text>"))


_TAGS = ["{{ a }}", "{% if a %}", "{%", "}}", "mergetag0z"]
_MARKUP = [
    "<mj-text>",
    "</mj-text>",
    "<mj-button>",
    "</mj-button>",
    "<mj-image src='",
    "'/>",
    "<br>",
    "<!--",
    "-->",
    "]]>",
]
_SIGNS = ["&nbsp;", "&", "<", ">", '"', "\n", "ü", "\\", "x", "\x00", "\ufdd0"]


@given(st.lists(st.sampled_from(_TAGS + _MARKUP + _SIGNS), max_size=12).map("".join))
def test_any_input_compiles_or_is_refused_politely(body: str):
    try:
        html = compile_mjml(mjml(body))
    except TemplateError as refused:
        assert refused.title
    else:
        assert html.endswith("</html>")
