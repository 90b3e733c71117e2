"""Merge tags (Jinja2) as the user may write them: read, checked, and asked which fields they use."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError

from app.content.errors import TemplateError
from app.content.filters import FilterMisuse, is_blank
from app.content.sandbox import HTML
from app.content.tags import tidy_tags
from app.content.wording import explain

MAX_LOOP_DEPTH = 3
"""`{% for %}` inside one another."""

RENDER_FAULTS = (
    TemplateRuntimeError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
)
"""What a template may raise when it is rendered: faults of its author, not of this program."""

_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.Block: "block",
    # With macros, a few lines can call each other for hours, whatever bounds the loops.
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.EvalContextModifier: "autoescape",
}
_DEFAULTS = frozenset({"default", "d"})


@dataclass(frozen=True, slots=True)
class Field:
    """A merge field every message has: what people see in a list of fields, and what it may look like."""

    label: str
    example: str


BUILT_IN_FIELDS: Mapping[str, Field] = {
    "unsubscribe_url": Field("Unsubscribe link", "https://news.example.org/u/7Qx2"),
    "organisation": Field("Your organisation", "Garden Centre Green"),
    "postal_address": Field("Your postal address", "1 Mill Lane, Springfield"),
    "subject": Field("Subject of this message", "News in spring"),
    "today": Field("Date of sending", "2026-11-24"),
}
"""The merge fields that do not come from the contact. They win over a contact's field of the same name."""


def check_tags(source: str) -> None:
    """See that the merge tags of *source* (MJML, or a plain line such as a subject) can be read and are allowed.

    Raises:
        TemplateError: They are not; with the line in *source*.
    """
    _parse(source)


def fields_used(source: str) -> frozenset[str]:
    """The merge fields *source* (MJML or plain) refers to anywhere.

    Raises:
        TemplateError: As `check_tags`.
    """
    return frozenset(meta.find_undeclared_variables(_parse(source))) - HTML.globals.keys()


def fields_needed(source: str) -> frozenset[str]:
    """The merge fields *source* shows without a `default`, so that a contact without them gets a gap in the text.

    Raises:
        TemplateError: As `check_tags`.
    """
    tree = _parse(source)
    shown = {name.name for output in tree.find_all(nodes.Output) for node in output.nodes for name in _gaps(node)}
    return frozenset(shown & meta.find_undeclared_variables(tree)) - HTML.globals.keys()


def missing_fields(source: str, values: Mapping[str, object]) -> frozenset[str]:
    """Those of `fields_needed` that are blank in *values*; built-in fields never are.

    Raises:
        TemplateError: As `check_tags`.
    """
    needed = fields_needed(source) - BUILT_IN_FIELDS.keys()
    return frozenset(name for name in needed if is_blank(values.get(name)))


def field_lines(source: str) -> dict[str, int]:
    """The line of *source* on which each field is used first.

    Raises:
        TemplateError: As `check_tags`.
    """
    lines: dict[str, int] = {}
    for name in _parse(source).find_all(nodes.Name):
        lines[name.name] = min(name.lineno, lines.get(name.name, name.lineno))
    return lines


def explain_fault(fault: Exception) -> TemplateError:
    """The `TemplateError` for one of `RENDER_FAULTS`."""
    if isinstance(fault, SecurityError):
        return TemplateError(f"A merge tag goes too far: {fault}.", detail=str(fault))
    if isinstance(fault, FilterMisuse):
        return TemplateError(f"A merge tag cannot be worked out: {fault}.", detail=str(fault))
    hint = "Look for a calculation or comparison with a field that holds text."
    return TemplateError("A merge tag cannot be worked out for this contact.", hint, detail=str(fault))


def _parse(source: str) -> nodes.Template:
    tidied = tidy_tags(source)
    try:
        tree = HTML.parse(tidied)
        _check_nodes(tree)
        HTML.compile(tree)  # only the compiler sees unknown filters
    except TemplateSyntaxError as fault:
        raise explain(fault, tidied) from fault
    except RENDER_FAULTS as fault:  # a filter over a constant is worked out by the compiler
        raise explain_fault(fault) from fault
    return tree


def _check_nodes(node: nodes.Node, loops: int = 0) -> None:
    if forbidden := _FORBIDDEN.get(type(node)):
        raise TemplateError(f'"{{% {forbidden} %}}" is not possible in a mail.', line=node.lineno)
    attribute = _attribute(node)
    if attribute.startswith("_"):
        raise TemplateError(f'"{attribute}" is not a field.', "A name cannot begin with “_”.", line=node.lineno)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateError('"{% for … recursive %}" is not possible in a mail.', line=node.lineno)
    loops += isinstance(node, nodes.For)
    if loops > MAX_LOOP_DEPTH:
        title = f'More than {MAX_LOOP_DEPTH} "{{% for %}}" inside one another are not possible.'
        raise TemplateError(title, line=node.lineno)
    for child in node.iter_child_nodes():
        _check_nodes(child, loops)


def _attribute(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return str(node.arg.value)
    return ""


def _gaps(node: nodes.Node) -> list[nodes.Name]:
    if isinstance(node, nodes.Name):
        return [node]
    if isinstance(node, nodes.Filter) and node.name in _DEFAULTS:
        return []
    if isinstance(node, nodes.CondExpr):
        return [*_gaps(node.expr1), *(_gaps(node.expr2) if node.expr2 else [])]
    return [name for child in node.iter_child_nodes() for name in _gaps(child)]
