import datetime as dt
from decimal import Decimal

import pytest

from app.content.errors import TemplateError
from app.content.merge import (
    BUILT_IN_FIELDS,
    RENDER_FAULTS,
    check_tags,
    explain_fault,
    fields_needed,
    fields_used,
    missing_fields,
)
from app.content.sandbox import HTML, PLAIN
from app.content.tags import tidy_tags


def merged(source: str, **values: object) -> str:
    """What *source* shows in HTML; a refusal is a TemplateError, as for a message."""
    check_tags(source)
    try:
        return HTML.from_string(tidy_tags(source)).render(values)
    except RENDER_FAULTS as fault:
        raise explain_fault(fault) from fault


@pytest.mark.parametrize(
    "source",
    [
        "{{ gone }}",
        "{{ gone.a.b }}",
        "{{ gone.a() }}",
        "{{ gone - 1 }}",
        "{{ 2 * gone }}",
        "{{ gone / gone }}",
        "{{ gone|upper }}",
        "{{ gone|date }}",
        "{{ gone|money }}",
        "{% if gone > 3 %}x{% endif %}",
        "{% for x in gone %}x{% endfor %}",
        "{{ empty }}",
    ],
)
def test_a_missing_field_shows_nothing_and_never_fails(source: str):
    assert merged(source, empty=None) == ""


@pytest.mark.parametrize("value", [None, "", "  ", "\xa0"])
def test_default_stands_in_for_a_missing_and_for_an_empty_field(value: object):
    assert merged('{{ a|default("friend") }}', a=value) == "friend"
    assert merged("{{ b|default('friend') }}") == "friend"


@pytest.mark.parametrize("value", [0, False, "Anna", Decimal(0)])
def test_default_leaves_every_other_value_alone(value: object):
    assert merged('{{ a|default("friend") }}', a=value) == str(value)


def test_values_are_shown_in_html_and_never_obeyed():
    assert merged("{{ a }}", a="<script>\"&'") == "&lt;script&gt;&#34;&amp;&#39;"
    assert merged("{% set x %}<b>{{ a }}</b>{% endset %}{{ x }}", a="<i>") == "<b>&lt;i&gt;</b>"
    assert PLAIN.from_string("{{ a }}").render(a="<b>") == "<b>"


def test_tags_in_a_value_are_not_tags():
    assert merged("{{ a }}", a="{{ b }}{% if %}", b="secret") == "{{ b }}{% if %}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ a.__init__.__globals__ }}",
        "{% set k = '__cl' ~ 'ass__' %}{{ ''[k] }}",
        "{{ ''|attr('x') }}",
        "{{ [a]|map(attribute='__class__')|list }}",
        "{{ range.__self__ }}",
        "{{ '{0.__class__}'.format(a) }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{{ a|safe }}",
        "{{ a|tojson }}",
        "{% autoescape false %}{{ a }}{% endautoescape %}",
        "{% for i in range(999999999) %}{% endfor %}",
        "{% for i in a %}" * 4 + "{% endfor %}" * 4,
        "{{ 'a' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'a'|center(999999999) }}",
        "{{ 'a'.ljust(999999999) }}",
        "{{ 'a'|slice(999999999)|list }}",
        "{{ xs.append(1) }}",
        "{{ 'x'|replace('x', 'y' * 9999)|replace('y', 'z' * 9999) }}",
        "{{ 'a'|wordwrap(1, wrapstring='x' * 9999) }}",
        "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(99) }}",
        "{% call f() %}{% endcall %}",
        "{% for i in a recursive %}{{ loop(a) }}{% endfor %}",
    ],
)
def test_reaching_out_or_running_away_is_refused(source: str):
    with pytest.raises(TemplateError):
        merged(source, a="<b>", xs=[])


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{% if x %}b", 2, '"{% if %}" is opened but never closed. Add {% endif %}'),
        ("{% for a in b %}\n{% if x %}{% endif %}", 1, '"{% for %}" is opened but never closed'),
        ("\n\n{% endif %}", 3, '"{% endif %}" belongs to nothing'),
        ("{% els %}", 1, '"{% els %}" is not a command'),
        ("{{ first name }}", 1, "without blanks"),
        ("{{ first_name", 1, "{{ first_name }}"),
        ("{{ }}", 1, "cannot be read"),
        ("\n{{ a|defautl('b') }}", 2, "Did you mean default?"),
    ],
)
def test_a_fault_is_told_in_plain_words_with_its_line(source: str, line: int, words: str):
    with pytest.raises(TemplateError) as caught:
        check_tags(source)

    assert words in str(caught.value)
    assert caught.value.line == line


@pytest.mark.parametrize("source", ["{{ 1 / 0 }}", "{{ 5 < a }}", "{{ 'x' - 1 }}", "{{ 5|money('much') }}"])
def test_what_cannot_be_worked_out_is_the_templates_fault_not_ours(source: str):
    with pytest.raises(TemplateError, match="cannot be worked out"):
        merged(source, a="text")


def test_dates_are_written_as_asked():
    assert merged("{{ d|date }}", d=dt.date(2026, 11, 24)) == "24.11.2026"
    assert merged("{{ d|date('%Y/%m') }}", d="2026-11-24T10:00:00") == "2026/11"
    assert merged("{{ d|date }}", d="next week") == "next week"


@pytest.mark.parametrize(
    ("value", "sample", "shown"),
    [
        (1234.5, "1,234.50", "1,234.50"),
        (Decimal("1234567.895"), "1.234,50 €", "1.234.567,90\xa0€"),
        ("-7", "$1,234.50", "-$7.00"),
        (1999.5, "CHF 1'234", "CHF\xa02&#39;000"),
        (12, "1234.50", "12.00"),
        ("on request", "1,234.50", "on request"),
        (float("nan"), "1,234.50", "nan"),
    ],
)
def test_amounts_are_written_like_the_sample(value: object, sample: str, shown: str):
    assert merged(f'{{{{ a|money("{sample}") }}}}', a=value) == shown


def test_the_fields_of_a_template_are_those_it_takes_from_outside():
    source = "{{ a }}{% if b %}{{ c|default('x') }}{% endif %}{% for i in d %}{{ i }}{{ range(3) }}{% endfor %}"

    assert fields_used(source) == {"a", "b", "c", "d"}
    assert fields_needed(source) == {"a"}


def test_a_field_is_missing_when_its_place_would_stay_empty():
    source = "{{ a }}{{ b }}{{ c|default('x') }}{{ organisation }}"

    assert missing_fields(source, {"a": "Anna", "b": " "}) == {"b"}


def test_every_built_in_field_has_a_label_and_an_example():
    assert all(field.label and field.example for field in BUILT_IN_FIELDS.values())
    assert set(BUILT_IN_FIELDS) == {"unsubscribe_url", "organisation", "postal_address", "subject", "today"}
