"""An MJML document as an immutable tree: read from what people and editors write, written as what mrml accepts.

Reading is expat's, so every fault has a line. It forgives what editors and hands produce (`<br>`, `&nbsp;`, a bare
`&`), and refuses what no template needs and attackers like: a document type with entities, endless nesting.
"""

import html
import html.entities
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from app.content.errors import TemplateError
from app.content.tags import Shelter

MAX_SOURCE = 1_000_000
"""Characters of a template; Gmail clips a mail at a tenth of it."""
MAX_DEPTH = 60
"""Elements inside one another. mrml recurses: 150 levels exhaust the stack of a macOS thread and kill the process."""

LAYOUT = frozenset({"mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"})
"""Elements that hold other elements. Conditions and loops may stand between these, words may not."""
LISTS = frozenset(
    {
        "mjml",
        "mj-head",
        "mj-attributes",
        "mj-social",
        "mj-navbar",
        "mj-accordion",
        "mj-accordion-element",
        "mj-carousel",
    }
)
"""Elements that hold certain others and nothing else."""
_VOID = re.compile(
    r"""<(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b((?:[^<>"']|"[^"]*"|'[^']*')*?)\s*/?>""",
    re.IGNORECASE,
)
_VOID_END = re.compile(r"</(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\s*>", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(#\d+;|#[xX][0-9a-fA-F]+;|\w+;)?")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


@dataclass(frozen=True, slots=True)
class Comment:
    """A conditional comment (`<!--[if mso]>…`), which Outlook obeys. Other comments are notes to self and not kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element; text is a plain `str` among its children. Merge tags are stand-ins of the document's `Shelter`."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "tuple[Element | Comment | str, ...]" = ()
    line: int = 1

    def elements(self) -> "Iterator[Element]":
        """This element and all below it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.elements()

    def find(self, tag: str) -> "Element | None":
        """The first child of this name."""
        return next((child for child in self.children if isinstance(child, Element) and child.tag == tag), None)

    def text(self) -> str:
        """All text below, in document order, as written."""
        return "".join(
            child if isinstance(child, str) else child.text()
            for child in self.children
            if not isinstance(child, Comment)
        )

    def with_children(self, *children: "Element | Comment | str") -> "Element":
        """The same element around other children."""
        return replace(self, children=children)


@dataclass(frozen=True, slots=True)
class Document:
    """A tree and the merge tags that belong into it."""

    root: Element
    shelter: Shelter

    @property
    def body(self) -> Element:
        """The `<mj-body>`.

        Raises:
            TemplateError: There is none.
        """
        body = self.root.find("mj-body")
        if self.root.tag != "mjml" or body is None:
            raise TemplateError("A template must be <mjml> with an <mj-body> in it.", line=self.root.line)
        return body

    @property
    def head(self) -> Element:
        """The `<mj-head>`, an empty one where the template has none."""
        return self.root.find("mj-head") or Element("mj-head")

    def with_head(self, head: Element) -> "Document":
        """The same document with another head."""
        others = (child for child in self.root.children if child is not self.root.find("mj-head"))
        return replace(self, root=self.root.with_children(head, *others))

    def with_body(self, body: Element) -> "Document":
        """The same document with another body."""
        children = (body if child is self.body else child for child in self.root.children)
        return replace(self, root=self.root.with_children(*children))

    def fragment(self, source: str) -> Element:
        """Read a piece of MJML, one element with merge tags, that is to become part of this document."""
        return _read(source, self.shelter)

    def map_attributes(self, names: frozenset[str], change: Callable[[str], str]) -> "Document":
        """The same document with *change* applied to all body attributes of these names (as the author wrote them)."""

        def visit(element: Element) -> Element:
            attributes = {
                key: self.shelter.hide(change(self.shelter.show(value))) if key in names else value
                for key, value in element.attributes.items()
            }
            children = (visit(child) if isinstance(child, Element) else child for child in element.children)
            return replace(element, attributes=attributes, children=tuple(children))

        return self.with_body(visit(self.body))


def parse(source: str, *, beside: str = "") -> Document:
    """Read MJML with merge tags in it; *beside* is text that is to become part of the document later.

    Raises:
        TemplateError: The source is too long, nested too deeply or not well-formed; with the line.
    """
    if len(source) > MAX_SOURCE:
        raise TemplateError("This template is far too long for a mail.", "Put pictures in as files, not as text.")
    source = _NOT_XML.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    shelter = Shelter(source, beside)
    return Document(_read(source, shelter), shelter)


def write(element: Element) -> str:
    """MJML that mrml compiles to what was meant.

    mrml passes text and attributes through undecoded, fails on blanks between the tags of a head, and writes line
    breaks, backslashes and rare characters of some attributes as Rust would print them: those become references.
    """
    attributes = "".join(f' {name}="{_ascii(value)}"' for name, value in element.attributes.items())
    content = "".join(_write_child(element.tag, child) for child in element.children)
    return f"<{element.tag}{attributes}>{content}</{element.tag}>" if content else f"<{element.tag}{attributes} />"


def _write_child(parent: str, child: Element | Comment | str) -> str:
    if isinstance(child, Element):
        return write(child)
    if isinstance(child, Comment):
        return f"<!--{child.text}-->"
    if parent in LAYOUT | LISTS:
        return child.strip()
    if parent in {"mj-title", "mj-preview"}:  # mrml copies the title into an attribute
        return _ascii(child)
    return html.escape(child, quote=False).replace("&gt;", ">")  # ">" as it is: CSS has it


def _ascii(value: str) -> str:
    escaped = html.escape(" ".join(value.split())).replace("&#x27;", "'").replace("\\", "&#92;")
    return escaped.encode("ascii", "xmlcharrefreplace").decode()


def _read(source: str, shelter: Shelter) -> Element:
    return _Reader(shelter).read(_well_formed(shelter.hide(source)))


def _well_formed(source: str) -> str:
    def reference(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "&amp;"
        if name.startswith("#") or name in _XML_ENTITIES:
            return match[0]
        character = html.entities.html5.get(name)
        return f"&amp;{name}" if character is None else html.escape(character)

    return _VOID.sub(r"<\1\2/>", _VOID_END.sub("", _AMPERSAND.sub(reference, source)))


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element | Comment | str] = field(default_factory=list)


class _Reader:
    """Builds the tree from expat's events."""

    def __init__(self, shelter: Shelter) -> None:
        self._shelter = shelter
        self._open: list[_Open] = [_Open("", {}, 1)]
        self._source = b""
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.StartDoctypeDeclHandler = self._doctype

    def read(self, source: str) -> Element:
        self._source = source.encode()
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as fault:
            raise self._explain(fault) from fault
        root = self._open[0].children[0]
        assert isinstance(root, Element)  # noqa: S101  # expat accepts nothing else
        return root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._open) > MAX_DEPTH:
            raise TemplateError("Too many elements inside one another.", "Simplify this part.", line=line)
        values = {name: self._shelter.compact(value) for name, value in attributes.items()}
        self._open.append(_Open(tag, values, line))

    def _end(self, _tag: str) -> None:
        done = self._open.pop()
        self._open[-1].children.append(Element(done.tag, done.attributes, tuple(done.children), done.line))

    def _text(self, text: str) -> None:
        self._open[-1].children.append(self._shelter.compact(text))

    def _comment(self, text: str) -> None:
        if text.startswith(("[if", "<![endif]")) and len(self._open) > 1:
            self._open[-1].children.append(Comment(self._shelter.compact(text)))

    def _doctype(self, *_declaration: object) -> None:
        raise TemplateError("A template must not have a <!DOCTYPE>.", "Remove it.", line=self._parser.CurrentLineNumber)

    def _explain(self, fault: expat.ExpatError) -> TemplateError:
        innermost, reason = self._open[-1], expat.ErrorString(fault.code)
        if innermost.tag and fault.code == expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]:
            closing = (
                self._source[self._parser.ErrorByteIndex :].split(b">", 1)[0].lstrip(b"</").decode(errors="replace")
            )
            title = f"<{innermost.tag}> from line {innermost.line} must be closed before </{closing}>."
            return TemplateError(title, line=fault.lineno, detail=reason)
        if innermost.tag and fault.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            return TemplateError(f"<{innermost.tag}> is opened but never closed.", line=innermost.line, detail=reason)
        if not self._source.strip():
            return TemplateError("The template is empty.", detail=reason)
        title = f"This is not valid MJML ({reason})."
        return TemplateError(title, "Look for a missing quote, < or >.", line=fault.lineno, detail=reason)
