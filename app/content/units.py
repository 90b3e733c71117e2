"""A template taken apart into what is the same for everybody and what is not, and the latter only once.

A newsletter greets by name, and has the customer's number in two dozen links. Outside of conditions and loops, a tag
gives the same wherever it stands, because nothing a template may do has effects. So it is worked out once per message
and put into all its places.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import jinja2
from jinja2 import nodes

_STATEMENTS_WITHOUT_EFFECT = (nodes.Output, nodes.If, nodes.For)


@dataclass(frozen=True, slots=True)
class Units:
    """What a template consists of.

    Attributes:
        template: Gives the text of each unit in turn, in any number of pieces, and `mark` after each.
        mark: The piece between two units. It is known by identity: a value may look the same.
        order: The whole: literal text, or the number of a unit.
    """

    template: jinja2.Template
    mark: str
    order: tuple[str | int, ...]


def take_apart(environment: jinja2.Environment, source: str) -> Units:
    """Compile a Jinja2 *source*.

    Raises:
        jinja2.TemplateSyntaxError: It cannot be read.
    """
    tree = environment.parse(source)
    units: dict[str, tuple[int, nodes.Node]] = {}
    order: list[str | int] = []
    for node in _parts(tree):
        if isinstance(node, nodes.TemplateData):
            order.append(node.data)
        else:
            # By what they look like: as nodes, `{{ 1 }}` and `{{ true }}` are equal.
            order.append(units.setdefault(repr(node), (len(units), node))[0])
    mark = _mark(source)
    tree.body = [node for _, unit in units.values() for node in _with_mark(unit, mark)]
    tree.set_environment(environment)
    template = environment.from_string(tree)
    constants = template.root_render_func.__code__.co_consts
    return Units(template, next((text for text in constants if text == mark), mark), tuple(order))


def _parts(tree: nodes.Template) -> Iterator[nodes.Node]:
    """The units and literal texts in order; all in one where a `{% set %}` or the like may change what follows."""
    if not all(isinstance(statement, _STATEMENTS_WITHOUT_EFFECT) for statement in tree.find_all(nodes.Stmt)):
        yield nodes.Scope(tree.body, lineno=1)
        return
    for node in tree.body:
        if isinstance(node, nodes.Output):
            yield from node.nodes
        else:
            yield node


def _with_mark(unit: nodes.Node, mark: str) -> Iterator[nodes.Node]:
    yield nodes.Output([unit], lineno=unit.lineno) if isinstance(unit, nodes.Expr) else unit
    yield nodes.Output([nodes.TemplateData(mark)], lineno=unit.lineno)


def _mark(source: str) -> str:
    """A text that *source* does not hold, so that no constant of the compiled template is the same object."""
    mark = "\0end of unit"
    while mark in source:
        mark += "."
    return mark
