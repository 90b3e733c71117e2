"""The text part: what an MJML template says, for those who read mail as plain text.

It is derived from the tree, in document order. No HTML parser ever runs over compiled HTML: it would move
`{% if %}` out of tables. A tag that stands alone between two blocks gets no lines of its own, so that nothing but the
text between `{% if %}` and `{% endif %}` comes and goes.
"""

import re
import textwrap
from collections.abc import Callable

from app.content.tags import Shelter
from app.content.tree import Comment, Document, Element

WIDTH = 74
"""Columns of a line, as long as no link or merged value is longer."""
DIVIDER = "-" * 24

_BLANKS = re.compile(r"\s+")
_SILENT = frozenset({"head", "style", "script", "title", "mj-style", "mj-spacer", "mj-head"})
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "br", "code", "del", "em", "font", "i", "img", "ins", "label", "q", "s", "small", "span"}
    | {"strong", "sub", "sup", "td", "th", "time", "u", "tbody", "thead", "tfoot"}
)
_LINES = frozenset({"li", "tr", "dt", "dd", "caption", "mj-social-element", "mj-navbar-link", "mj-carousel-image"})
_CELLS = frozenset({"td", "th"})
_CELL_END = "\x1f"
"""Stands between two cells until their row ends; no template can hold it."""
_LINKS = frozenset({"a", "mj-button", "mj-social-element", "mj-navbar-link"})
_IMAGES = frozenset({"img", "mj-image", "mj-carousel-image"})


def plain_text(document: Document) -> str:
    """The text part of *document*, a Jinja2 source; ends with a line break.

    Raises:
        TemplateError: The document has no body.
    """
    writer = _Writer(document.shelter)
    writer.visit(document.body)
    return writer.finish()


class _Writer:
    """Walks the tree; gathers inline text until a block ends, then wraps it into lines."""

    def __init__(self, shelter: Shelter) -> None:
        self._shelter = shelter
        self._inline: list[str] = []
        self._bullet = ""
        self._done: list[str] = []
        self._gap = "\n\n"  # after the last text written
        self._visitors: dict[str, Callable[[Element], None]] = {
            **dict.fromkeys(_SILENT, lambda _element: None),
            **dict.fromkeys(_LINKS, self._link),
            **dict.fromkeys(_IMAGES, self._image),
            "br": lambda _element: self._inline.append("\n"),
            "hr": self._divider,
            "mj-divider": self._divider,
        }

    def visit(self, element: Element) -> None:
        if "display:none" in element.attributes.get("style", "").replace(" ", ""):
            return
        gap = "" if element.tag in _INLINE else "\n" if element.tag in _LINES else "\n\n"
        if gap:
            self._end_block(gap)
        if element.tag == "li":
            self._bullet = "- "
        self._visitors.get(element.tag, self._children)(element)
        if element.tag in _CELLS:
            self._inline.append(_CELL_END)
        if gap:
            self._end_block(gap)

    def finish(self) -> str:
        self._end_block("\n\n")
        return self._shelter.show("".join(self._done).strip()) + "\n"

    def _children(self, element: Element) -> None:
        for child in element.children:
            if isinstance(child, Element):
                self.visit(child)
            elif not isinstance(child, Comment):
                self._inline.append(_BLANKS.sub(" ", child))

    def _link(self, element: Element) -> None:
        start = len(self._inline)
        self._children(element)
        label = "".join(self._inline[start:]).strip()
        target = element.attributes.get("href", "").strip()
        if not label:
            label = element.attributes.get("name", "").partition("-")[0].capitalize()
        shows_target = target.removeprefix("mailto:").removeprefix("tel:") == label
        if target and not target.startswith("#") and not shows_target:
            self._inline[start:] = [f"{label} ({target})" if label else target]
        elif not self._inline[start:]:
            self._inline.append(label)

    def _image(self, element: Element) -> None:
        label, target = element.attributes.get("alt", "").strip(), element.attributes.get("href", "").strip()
        self._inline.append(f"{label} ({target})" if label and target else label or target)

    def _divider(self, _element: Element) -> None:
        self._end_block("\n\n")
        self._inline.append(DIVIDER)
        self._end_block("\n\n")

    def _end_block(self, gap: str) -> None:
        # The unit separator is white space, so stripping leaves it between cells alone.
        text, self._inline = "".join(self._inline).strip().replace(_CELL_END, " | "), []
        if text and not self._is_control(text):
            self._done.append(_wrap(text, self._bullet) + gap)
            self._gap, self._bullet = gap, ""
            return
        self._done.append("".join(text.split()))  # a condition or loop: it must not leave a line behind
        if gap == "\n\n" and self._gap == "\n":
            self._done.append("\n")
            self._gap = gap

    def _is_control(self, text: str) -> bool:
        return not self._shelter.without(text).strip() and all(tag.keyword for tag in self._shelter.tags_in(text))


def _wrap(text: str, bullet: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=bullet if number == 0 else " " * len(bullet),
            subsequent_indent=" " * len(bullet),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(lines)
    )
