"""A Jinja2 template that renders straight to the encoded bytes of a body part, its literal text encoded only once.

What a template says literally is encoded when it is compiled; Jinja2 yields more literal text, that of conditions and
loops, as constants of its code object, so that is known beforehand too. Per recipient only the values are encoded, each
once however often it occurs. Loops, conditions and filters work as ever, because every piece that Jinja2 yields is
either such a constant or is encoded when it comes.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import TypeVar

import jinja2

from app.content.merge import RENDER_FAULTS, explain_fault
from app.content.transfer import smaller_encoding
from app.content.units import take_apart
from app.content.wording import explain

T = TypeVar("T")


class TextTemplate:
    """A header's text, or another that is not encoded."""

    def __init__(self, environment: jinja2.Environment, source: str) -> None:
        """Compile *source*.

        Raises:
            TemplateError: It cannot be read.
        """
        self._template = _compiled(environment.from_string, source)

    def render(self, values: Mapping[str, object]) -> str:
        """The text for these merge values.

        Raises:
            TemplateError: A merge tag fails with these values.
        """
        try:
            return "".join(_pieces(self._template, values))
        except RENDER_FAULTS as fault:
            raise explain_fault(fault) from fault


class EncodedTemplate:
    """One body part of a message.

    Attributes:
        transfer_encoding: The value of its Content-Transfer-Encoding.
    """

    def __init__(self, environment: jinja2.Environment, source: str) -> None:
        """Compile *source* and encode its literal text.

        Raises:
            TemplateError: It cannot be read.
        """
        units = _compiled(lambda text: take_apart(environment, text), source)
        self._template, self._mark = units.template, units.mark
        constants = [text for text in _constants_of(units.template.root_render_func.__code__) if text != units.mark]
        literals = list(dict.fromkeys(part for part in units.order if isinstance(part, str)))
        encoding = smaller_encoding([*(part for part in units.order if isinstance(part, str)), *constants])
        self.transfer_encoding = encoding.name
        self._encode, self._finish = encoding.encode_piece, encoding.finish
        self._known = {text: self._encode(text) for text in constants}
        self._literals = [*map(self._encode, literals), b"", b""]
        count = 1 + max((part for part in units.order if isinstance(part, int)), default=-1)
        places = [part if isinstance(part, int) else count + literals.index(part) for part in units.order]
        # Two empty ones at the end, since itemgetter gives no tuple for a single item.
        end = count + len(literals)
        self._arrange = itemgetter(*places, end, end + 1)

    def render(self, values: Mapping[str, object]) -> bytes:
        """The part for these merge values, encoded.

        Raises:
            TemplateError: A merge tag fails with these values.
        """
        known, encode, mark = self._known, self._encode, self._mark
        units: list[bytes] = []
        unit: list[bytes] = []
        try:
            for piece in _pieces(self._template, values):
                if piece is mark:
                    units.append(unit[0] if len(unit) == 1 else b"".join(unit))
                    unit = []
                    continue
                octets = known.get(piece)
                unit.append(encode(piece) if octets is None else octets)
        except RENDER_FAULTS as fault:
            raise explain_fault(fault) from fault
        units += self._literals
        return self._finish(self._arrange(units))


def _compiled(compile_source: Callable[[str], T], source: str) -> T:
    try:
        return compile_source(source)
    except jinja2.TemplateSyntaxError as fault:
        raise explain(fault, source) from fault
    except RENDER_FAULTS as fault:  # a filter over a constant is worked out at once
        raise explain_fault(fault) from fault


def _pieces(template: jinja2.Template, values: Mapping[str, object]) -> Iterator[str]:
    """What *template* yields for *values*; its own way to merge them with the globals takes five times as long."""
    return template.root_render_func(template.new_context({**template.environment.globals, **values}, shared=True))


def _constants_of(code: types.CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, types.CodeType):
            yield from _constants_of(constant)
