"""Merge tags inside MJML: found, tidied, and kept safe while everything around them is treated as XML.

A tag such as `{% if age < 18 %}` is not XML, and an editor that is an XML or HTML tool writes it as
`{% if age &lt; 18 %}`. So each tag is replaced by a plain word before any parser or compiler sees the source, and
put back afterwards, with its entities resolved. Nothing in between can move, escape or reject it.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_KEYWORD = re.compile(r"\{%[-+]?\s*(\w+)")
# Word and many editors turn straight quotes into typographic ones, and blanks into no-break or zero-width ones.
_TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "\u00a0": " ", "\u200b": None, "\ufeff": None})


@dataclass(frozen=True, slots=True)
class Tag:
    """One merge tag as Jinja shall read it, and where it stands (line counted from 1)."""

    source: str
    line: int

    @property
    def keyword(self) -> str:
        """The command of a `{% … %}` tag, such as `if`; empty for `{{ … }}`, which prints a value."""
        match = _KEYWORD.match(self.source)
        return match[1] if match else ""


def find_tags(source: str) -> Iterator[Tag]:
    """All tags of *source* in order, tidied; comments `{# … #}` are left out."""
    line, seen = 1, 0
    for match in _TAG.finditer(source):
        line += source.count("\n", seen, match.start())
        seen = match.start()
        if not match[0].startswith("{#"):
            yield Tag(_tidy(match[0]), line)


def tidy_tags(source: str) -> str:
    """*source* with every tag as Jinja shall read it: entities resolved, typographic quotes straightened."""
    return _TAG.sub(lambda match: _tidy(match[0]), source)


def _tidy(tag: str) -> str:
    return html.unescape(tag).translate(_TYPOGRAPHIC)


class Shelter:
    """Plain words standing in for merge tags.

    A stand-in is ASCII letters and digits, because mrml writes some attributes through an escaping meant for
    debugging, which mangles everything else. Its line breaks are kept, so that a parser still counts lines right.
    """

    def __init__(self, *sources: str) -> None:
        """*sources* are all texts that are to be hidden in: none of them may hold the word."""
        decoded = html.unescape(" ".join(sources))
        self._word = "mergetag"
        while self._word in decoded:
            self._word += "q"
        self._tags: list[Tag] = []
        self._stand_in = re.compile(rf"{self._word}(\d+)\s*z")

    def hide(self, source: str) -> str:
        """*source* with each tag replaced by its stand-in, and comments `{# … #}` removed."""
        tags = find_tags(source)

        def replace(match: re.Match[str]) -> str:
            line_breaks = "\n" * match[0].count("\n")
            if match[0].startswith("{#"):
                return line_breaks
            self._tags.append(next(tags))
            return f"{self._word}{len(self._tags) - 1}{line_breaks}z"

        return _TAG.sub(replace, source)

    def compact(self, text: str) -> str:
        """*text* with the line breaks taken out of its stand-ins: a parser has counted them."""
        return self._stand_in.sub(rf"{self._word}\1z", text)

    def show(self, text: str) -> str:
        """*text* with the tags back in their places."""
        return self._stand_in.sub(lambda match: self._tags[int(match[1])].source, text)

    def tags_in(self, text: str) -> list[Tag]:
        """The tags whose stand-ins occur in *text*, in order."""
        return [self._tags[int(match[1])] for match in self._stand_in.finditer(text)]

    def without(self, text: str) -> str:
        """*text* without any stand-in."""
        return self._stand_in.sub("", text)
