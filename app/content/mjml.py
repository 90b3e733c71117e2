"""MJML to the HTML that mail programs understand, with the merge tags untouched. The only place that calls mrml."""

import difflib

import mrml

from app.content.errors import TemplateError
from app.content.tree import LAYOUT, LISTS, Document, Element, parse, write

ELEMENTS = (
    LAYOUT
    | LISTS
    | frozenset(
        {
            "mj-accordion-text",
            "mj-accordion-title",
            "mj-all",
            "mj-breakpoint",
            "mj-button",
            "mj-carousel-image",
            "mj-class",
            "mj-divider",
            "mj-font",
            "mj-image",
            "mj-navbar-link",
            "mj-preview",
            "mj-raw",
            "mj-social-element",
            "mj-spacer",
            "mj-style",
            "mj-table",
            "mj-text",
            "mj-title",
        }
    )
)
"""The MJML elements mrml 0.2 compiles. `mj-include` is missing on purpose: a template reads no files and no network."""

_PARSER = mrml.ParserOptions(include_loader=mrml.noop_loader())
# Without this, mrml puts a link to Google Fonts into every mail, which tells Google who reads it.
_RENDERER = mrml.RenderOptions(fonts={})


def compile_mjml(source: str) -> str:
    """HTML of an MJML template; `{{ … }}` and `{% … %}` stay where they are, in text and in attributes.

    Raises:
        TemplateError: The source is not valid MJML; with the line.
    """
    return compile_document(parse(source))


def compile_document(document: Document) -> str:
    """As `compile_mjml`, for a document already read.

    Raises:
        TemplateError: An element is unknown or misplaced, or a `{% … %}` stands where no mail can keep it.
    """
    _check_elements(document)
    try:
        output = mrml.to_html(write(document.root), _PARSER, _RENDERER)
    except OSError as fault:  # mrml's name for every complaint
        title = "This template cannot be turned into a mail."
        raise TemplateError(title, "Undo the last change to its structure.", detail=str(fault)) from fault
    _check_nothing_is_lost(document, output.content)
    return document.shelter.show(output.content)


def _check_elements(document: Document) -> None:
    _ = document.body
    for element in document.root.elements():
        if element.tag == "mj-include":
            raise TemplateError("<mj-include> is not possible here.", "Copy the part in.", line=element.line)
        if element.tag.startswith("mj") and element.tag not in ELEMENTS:
            raise TemplateError(f"<{element.tag}> is not an MJML element.", _guess(element.tag), line=element.line)
        _check_text(document, element)


def _check_text(document: Document, element: Element) -> None:
    if element.tag not in LAYOUT | LISTS:
        return
    text = "".join(child for child in element.children if isinstance(child, str)).strip()
    if element.tag in LAYOUT:
        text = document.shelter.without(text).strip()
    if text:
        shown = document.shelter.show(text)[:40]
        title = f"“{shown}” cannot stand directly inside <{element.tag}>."
        raise TemplateError(title, "Put it into an <mj-text>.", line=element.line)


def _check_nothing_is_lost(document: Document, compiled: str) -> None:
    """A `{% if %}` in an attribute mrml does not know would vanish, and its `{% endif %}` perhaps not."""
    kept = set(document.shelter.tags_in(compiled))
    for tag in document.shelter.tags_in(write(document.body)):
        if tag.keyword and tag not in kept:
            raise TemplateError(f"“{tag.source}” stands where a mail cannot keep it.", "Move it.", line=tag.line)


def _guess(name: str) -> str:
    close = difflib.get_close_matches(name, ELEMENTS, n=1)
    return f"Did you mean <{close[0]}>?" if close else ""
