"""The one kind of Jinja2 environment merge tags run in: sandboxed, immutable, without reach and without surprises.

What a merge value is can never become what the template does (invariant 7): values are escaped, nothing marks them
as safe, no tag reaches Python's insides, files or other templates, and no tag can keep the computer busy for long.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from jinja2 import ChainableUndefined, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_replace
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.content import filters

MAX_RANGE = 100
"""Rounds of a `{% for … in range(…) %}`. With `merge.MAX_LOOP_DEPTH` it bounds the time of a rendering."""
MAX_TEXT = 10_000
"""Characters or items that one `*` or `replace` may produce."""

# `safe` and `tojson` would let a value be HTML; `attr` reaches past the sandbox's eyes; `random` would show another
# mail in the preview than the one that is sent; the others can fill the memory from a few characters.
_FORBIDDEN_FILTERS = frozenset(
    {
        "attr",
        "batch",
        "center",
        "format",
        "indent",
        "pprint",
        "random",
        "safe",
        "slice",
        "tojson",
        "wordwrap",
        "xmlattr",
    }
)
_STRING_METHODS = frozenset(
    {"capitalize", "endswith", "lower", "lstrip", "rstrip", "split", "startswith", "strip", "title", "upper"}
)


# Jinja declares these operators as never returning; that is the very thing this class changes.
class Blank(ChainableUndefined):
    """A field the contact does not have: shows nothing, compares false, counts as zero, and never fails."""

    __slots__ = ()

    def __call__(self, *_arguments: object, **_named: object) -> "Blank":  # type: ignore[override]
        return self

    def __add__(self, other: object) -> object:  # type: ignore[override]
        return other

    __radd__ = __add__  # type: ignore[assignment]

    def _nothing(self, _other: object = None) -> "Blank":
        return self

    __sub__ = __rsub__ = __truediv__ = __rtruediv__ = _nothing  # type: ignore[assignment]
    __floordiv__ = __rfloordiv__ = __pos__ = __neg__ = _nothing  # type: ignore[assignment]

    def _no(self, _other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no  # type: ignore[assignment]

    def __int__(self) -> int:  # type: ignore[override]
        return 0

    def __float__(self) -> float:  # type: ignore[override]
        return 0.0


class MergeEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 as this program allows it."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape, undefined=Blank, finalize=_shown, keep_trailing_newline=True, auto_reload=False
        )
        self.globals = {"range": _short_range}
        for name in _FORBIDDEN_FILTERS:
            del self.filters[name]
        # `d` is Jinja's own short form of `default`.
        self.filters |= {"default": filters.default, "d": filters.default, "date": filters.date, "money": filters.money}
        self.filters["replace"] = _replace

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Arithmetic that could take all memory is refused: powers, long repetitions, `"%999999999d" % 1`."""
        if isinstance(left, Blank) or isinstance(right, Blank):
            return self.undefined()
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator == "%" and not numbers):
            raise SecurityError(f'"{operator}" is not possible here')
        if operator == "*" and not numbers and _size(left) * _size(right) > MAX_TEXT:
            raise SecurityError('"*" would make too long a text')
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Of a text's methods only those that cannot make it much longer."""
        if isinstance(obj, str) and attr not in _STRING_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: object, attribute: str) -> NoReturn:  # noqa: ARG002
        """Jinja would print nothing for `{{ x.__class__ }}`; a template that tries is better stopped at once."""
        raise SecurityError(f'"{attribute}" is not possible here')

    def wrap_str_format(self, value: object) -> Callable[..., str] | None:  # noqa: ARG002
        """No exception for `"…".format()`: its widths make texts of any length."""
        return None


def _shown(value: Any) -> Any:
    return "" if value is None else value


@pass_eval_context
def _replace(context: EvalContext, text: str, old: str, new: str, count: int | None = None) -> str:
    times = str(text).count(str(old)) if count is None else count
    if times * len(str(new)) > MAX_TEXT + len(str(text)):
        raise SecurityError("replace(…) would make too long a text")
    return do_replace(context, text, old, new, count)


def _short_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"range(…) of more than {MAX_RANGE} numbers is not possible here")
    return numbers


def _size(value: object) -> int:
    if isinstance(value, int):
        return abs(value)
    return len(value) if isinstance(value, str | list | tuple) else 1


HTML = MergeEnvironment(autoescape=True)
"""For the HTML part: `<`, `>`, `&` and quotes in values are shown, never obeyed."""
PLAIN = MergeEnvironment(autoescape=False)
"""For the subject and the text part."""
