"""Jinja2's complaints in the words of people who write letters."""

import difflib
import re
from collections.abc import Iterable

from jinja2.exceptions import TemplateAssertionError, TemplateSyntaxError

from app.content.errors import TemplateError
from app.content.sandbox import HTML
from app.content.tags import Tag, find_tags

_NEVER_CLOSED = re.compile(r"innermost block that needs to be closed is '(\w+)'")
_UNKNOWN_TAG = re.compile(r"unknown tag '(\w+)'")
_NO_FILTER = re.compile(r"No filter named '(\w+)'")
_LIKE_THIS = "Write a merge field like this: {{ first_name }}, without blanks in the name."


def explain(fault: TemplateSyntaxError, source: str) -> TemplateError:
    """The `TemplateError` for what Jinja2 found in *source*."""
    words = fault.message or ""
    if match := _NEVER_CLOSED.search(words):
        opened = _last_unclosed(match[1], find_tags(source))
        title = f'"{{% {match[1]} %}}" is opened but never closed.'
        hint = f"Add {{% end{match[1]} %}} where it ends."
        return TemplateError(title, hint, line=opened or fault.lineno, detail=words)
    if match := _UNKNOWN_TAG.search(words):
        return _unknown_tag(match[1], fault.lineno, words)
    if (match := _NO_FILTER.search(words)) and isinstance(fault, TemplateAssertionError):
        return unknown_filter(match[1], fault.lineno)
    if "end of print statement" in words or "unexpected end of template" in words:
        return TemplateError("This merge field cannot be read.", _LIKE_THIS, line=fault.lineno, detail=words)
    return TemplateError("This merge tag cannot be read.", _LIKE_THIS, line=fault.lineno, detail=words)


def unknown_filter(name: str, line: int) -> TemplateError:
    """The error for `{{ field|name }}` with a name that is no filter."""
    return TemplateError(f'There is no filter "{name}".', did_you_mean(name, HTML.filters), line=line)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean first_name?`, or an empty text where nothing known is close. Case does not count."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"Did you mean {by_lower[close[0]]}?" if close else ""


def _unknown_tag(name: str, line: int, words: str) -> TemplateError:
    if name.startswith("end") or name in {"else", "elif"}:
        title = f'"{{% {name} %}}" belongs to nothing that is open here.'
        return TemplateError(title, "Remove it, or look what is missing before it.", line=line, detail=words)
    return TemplateError(f'"{{% {name} %}}" is not a command of a template.', line=line, detail=words)


def _last_unclosed(keyword: str, tags: Iterable[Tag]) -> int | None:
    open_lines: list[int] = []
    for tag in tags:
        if tag.keyword == keyword:
            open_lines.append(tag.line)
        elif tag.keyword == f"end{keyword}" and open_lines:
            open_lines.pop()
    return open_lines[-1] if open_lines else None
