from app.content.plain import WIDTH, plain_text
from app.content.sandbox import PLAIN
from app.content.tree import parse
from tests.content.builders import mjml


def text_of(body: str) -> str:
    return plain_text(parse(mjml(body)))


def test_blocks_become_paragraphs_in_document_order():
    text = text_of(
        """<mj-text><h1>Hello {{ name }},</h1><p>one<br>two</p></mj-text><mj-divider />
           <mj-image src="x" alt="Our shop" href="https://example.org/shop" /><mj-spacer />
           <mj-button href="{{ url }}">Read <b>on</b></mj-button>"""
    )

    assert text == (
        "Hello {{ name }},\n\none\ntwo\n\n------------------------\n\n"
        "Our shop (https://example.org/shop)\n\nRead on ({{ url }})\n"
    )


def test_a_link_shows_its_target_once():
    assert text_of('<mj-text><a href="https://a.example">our page</a></mj-text>') == "our page (https://a.example)\n"
    assert text_of('<mj-text><a href="https://a.example">https://a.example</a></mj-text>') == "https://a.example\n"
    assert text_of('<mj-text><a href="mailto:a@b.example">a@b.example</a></mj-text>') == "a@b.example\n"


def test_lists_and_tables_keep_one_line_per_entry():
    text = text_of(
        "<mj-text>Bring:<ul><li>tea</li><li>cake</li></ul>Thanks</mj-text>"
        "<mj-table><tr><td>Mon</td><td>closed</td></tr><tr><td>Tue</td><td>9 – 5</td></tr></mj-table>"
    )

    assert text == "Bring:\n\n- tea\n- cake\n\nThanks\n\nMon | closed\nTue | 9 – 5\n"


def test_social_links_are_named():
    text = text_of('<mj-social><mj-social-element name="facebook-noshare" href="https://f.example" /></mj-social>')

    assert text == "Facebook (https://f.example)\n"


def test_what_is_hidden_or_not_words_is_left_out():
    text = text_of("<mj-raw><style>p{}</style></mj-raw><mj-text><p style='display: none'>psst</p>Seen</mj-text>")

    assert text == "Seen\n"


def test_a_condition_around_a_block_leaves_no_gap_when_it_is_false():
    text = text_of("<mj-text>A</mj-text>{% if vip %}<mj-text>B</mj-text>{% endif %}<mj-text>C</mj-text>")
    template = PLAIN.from_string(text)

    assert template.render(vip=True) == "A\n\nB\n\nC\n"
    assert template.render(vip=False) == "A\n\nC\n"


def test_a_loop_makes_one_line_per_round():
    text = text_of("<mj-text><ul>{% for x in xs %}<li>{{ x }}</li>{% endfor %}</ul>End</mj-text>")

    assert PLAIN.from_string(text).render(xs=["a", "b"]) == "- a\n- b\n\nEnd\n"


def test_entities_are_characters_and_nothing_is_escaped():
    assert text_of("<mj-text>Tom &amp; Jerry &lt;3 &copy;</mj-text>") == "Tom & Jerry <3 ©\n"


def test_lines_are_wrapped_but_links_are_not_broken():
    link = "https://example.org/" + "x" * 100
    text = text_of(f"<mj-text>{'word ' * 40}<a href='{link}'>here</a></mj-text>")

    assert f"({link})" in text
    assert all(len(line) <= WIDTH for line in text.splitlines() if link not in line)
    assert len(text.splitlines()) > 2


def test_a_table_row_ends_with_its_last_word_however_it_is_indented():
    text = text_of(
        "<mj-table>\n <tr>\n <td>Mon</td>\n <td>closed</td>\n </tr>\n <tr><th></th><td>|</td>\n</tr></mj-table>"
    )

    assert text == "Mon | closed\n|\n"
