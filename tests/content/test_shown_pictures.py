"""Which pictures a message shows by `cid:`, and how they are shown outside of one."""

import pytest

from app.content.attachments import content_ids_in, with_pictures


@pytest.mark.parametrize(
    ("html", "names"),
    [
        ('<img src="cid:logo">', {"logo"}),
        ("<img src='cid:logo@shop.example'>", {"logo@shop.example"}),
        ('<td style="background: url(cid:paper.png)">', {"paper.png"}),
        ('<img src="CID:a%2Bb">', {"a+b"}),
        ('<mj-image src="cid:one" /><mj-image src="cid:two" />', {"one", "two"}),
        ("<p>Vitamin C is an acid: cid:nothing</p>", set()),
        ('<img src="https://example.com/cid:x">', set()),
    ],
)
def test_only_what_is_shown_counts(html: str, names: set[str]) -> None:
    assert content_ids_in(html) == names


def test_known_pictures_are_put_in_and_others_stay() -> None:
    html = '<img src="cid:logo"><img src="cid:other">'
    assert with_pictures(html, {"logo": "data:image/png;base64,AA=="}) == (
        '<img src="data:image/png;base64,AA=="><img src="cid:other">'
    )
