"""A Jinja2 template that renders straight to quoted-printable, its literal text encoded only once.

Jinja2 yields what a template says literally as constants of its code object. They are known beforehand, so each is
encoded once; per recipient only the values are. Loops, conditions and filters work as ever, because every piece that
Jinja2 yields is either such a constant or is encoded when it comes.
"""

import types
from collections.abc import Iterator, Mapping

import jinja2

from app.content.merge import RENDER_FAULTS, explain_fault
from app.content.quoted_printable import encode
from app.content.wording import explain


def compile_template(environment: jinja2.Environment, source: str) -> jinja2.Template:
    """Compile a Jinja2 *source*.

    Raises:
        TemplateError: It cannot be read.
    """
    try:
        return environment.from_string(source)
    except jinja2.TemplateSyntaxError as fault:
        raise explain(fault, source) from fault
    except RENDER_FAULTS as fault:  # a filter over a constant is worked out at once
        raise explain_fault(fault) from fault


class EncodedTemplate:
    """One body part of a message."""

    def __init__(self, environment: jinja2.Environment, source: str) -> None:
        """Compile *source* and encode its literal text.

        Raises:
            TemplateError: It cannot be read.
        """
        self._template = compile_template(environment, source)
        self._known = {text: encode(text) for text in _constants_of(self._template.root_render_func.__code__)}

    def render(self, values: dict[str, object]) -> bytes:
        """The part for these merge values, in quoted-printable.

        Raises:
            TemplateError: A merge tag fails with these values.
        """
        template, known = self._template, self._known
        made: dict[str, bytes] = {}  # a value often occurs many times in one message
        encoded: list[bytes] = []
        try:
            for piece in template.root_render_func(template.new_context(values)):
                octets = known.get(piece) or made.get(piece)
                if octets is None:
                    octets = made[piece] = encode(piece)
                encoded.append(octets)
        except RENDER_FAULTS as fault:
            raise explain_fault(fault) from fault
        return b"".join(encoded)


def render_text(template: jinja2.Template, values: Mapping[str, object]) -> str:
    """*template* for these merge values, as text.

    Raises:
        TemplateError: A merge tag fails with these values.
    """
    try:
        return template.render(values)
    except RENDER_FAULTS as fault:
        raise explain_fault(fault) from fault


def _constants_of(code: types.CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _constants_of(constant)
