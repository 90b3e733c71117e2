"""Headers of the user's own, with merge tags in their values."""

import re
from collections.abc import Iterable, Mapping

from app.content.errors import HeaderInjection, TemplateError
from app.content.headers import unstructured
from app.content.merge import check_tags
from app.content.pieces import TextTemplate
from app.content.sandbox import PLAIN
from app.content.tags import tidy_tags

MAX_NAME = 50
"""Characters of a name; RFC 5322 sets no limit of its own, but the line with it must have room for a value."""

_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322, §3.6.8: ftext
_OURS = frozenset(
    {"from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe", "list-unsubscribe-post"}
    | {"feedback-id", "precedence", "x-auto-response-suppress", "mime-version"}
)
_NOBODYS = frozenset(
    # They say who else gets the message, which here nobody does, or who sends it really.
    {"bcc", "cc", "sender", "return-path", "bounces-to", "delivered-to"}
    # They are the servers' on the way.
    | {"received", "received-spf", "authentication-results", "dkim-signature", "domainkey-signature"}
)


class CustomHeaders:
    """The headers a user added to a campaign, ready for each recipient."""

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        """*headers* are pairs of a name and a Jinja2 source.

        Raises:
            TemplateError: A name cannot be a header's, is one that only this program or a server may write, or is there
                twice; or a value cannot be read.
            HeaderInjection: A value has a line break.
        """
        self._templates: list[tuple[str, TextTemplate]] = []
        seen: set[str] = set()
        for name, value in headers:
            _check_name(name)
            if name.lower() in seen:
                raise TemplateError(f"The header “{name}” is there twice.", "Remove one of them.")
            seen.add(name.lower())
            source = tidy_tags(value).strip()
            unstructured(source, name)  # a line break in a fixed value stops the dispatch, not each message
            check_tags(source)
            self._templates.append((name, TextTemplate(PLAIN, source)))

    def render(self, values: Mapping[str, object]) -> tuple[tuple[str, bytes], ...]:
        """The headers for these merge values; one that would be empty is left out.

        Raises:
            HeaderInjection: A value has a line break.
            TemplateError: A merge tag fails with these values.
        """
        rendered = ((name, unstructured(template.render(values), name)) for name, template in self._templates)
        return tuple(header for header in rendered if header[1])


def _check_name(name: str) -> None:
    if "\n" in name or "\r" in name:
        raise HeaderInjection("name of a header")
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        hint = "A name is made of letters, digits and hyphens, such as “X-Campaign”."
        raise TemplateError(f"“{name}” cannot be the name of a header.", hint)
    lowered = name.lower()
    if lowered in _OURS or lowered.startswith("content-"):
        raise TemplateError(f"The header “{name}” is written by this program.", "Choose another name.")
    if lowered in _NOBODYS or lowered.startswith(("resent-", "arc-")):
        raise TemplateError(f"The header “{name}” cannot be set.", "Choose another name.")
