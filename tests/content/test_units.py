from app.content.pieces import EncodedTemplate
from app.content.sandbox import PLAIN
from app.content.units import take_apart


def test_a_tag_is_worked_out_once_however_often_it_stands():
    units = take_apart(PLAIN, "{{ a }}x{{ b|upper }}y{{ a }}x{{ b|upper }}{% if a %}z{% endif %}{% if a %}z{% endif %}")

    assert units.order == (0, "x", 1, "y", 0, "x", 1, 2, 2)


def test_what_looks_alike_but_is_not_stays_apart():
    assert take_apart(PLAIN, "{{ 1 }}{{ true }}{{ 1.0 }}").order == (0, 1, 2)


def test_a_template_that_sets_something_is_one_unit():
    source = "{{ a }}{% set a = 2 %}{{ a }}"

    assert take_apart(PLAIN, source).order == (0,)
    assert EncodedTemplate(PLAIN, source).render({"a": 1}) == b"1=\r\n2=\r\n"


def test_neither_a_value_nor_the_template_can_pass_for_the_mark():
    mark = take_apart(PLAIN, "{{ a }}").mark
    template = EncodedTemplate(PLAIN, f"{{% if a %}}{mark}{{% endif %}}{{{{ a }}}}|{{{{ b }}}}")

    assert template.render({"a": mark, "b": "B"}) == b"end of unit=\r\nend of unit=\r\n|=\r\nB=\r\n"


def test_a_template_without_tags_is_its_text():
    assert EncodedTemplate(PLAIN, "Hello").render({}) == b"Hello=\r\n"
    assert EncodedTemplate(PLAIN, "").render({}) == b""
