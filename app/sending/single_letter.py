"""What a template makes of a single message: compiled once for many, and tried with the data of each.

Compiling takes fifty milliseconds, which a shop that has a hundred receipts sent would feel, and so would the campaign
that goes out beside them; the same template with the same sender is compiled once.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from app.content.compiled import CompiledMessage
from app.content.errors import TemplateError
from app.content.filters import is_blank
from app.content.letter import MessageSource, prepare
from app.content.merge import BUILT_IN_FIELDS, fields_needed, fields_used
from app.models.base import utcnow
from app.sending.message_requests import MessageRefused, Refusal

_REMEMBERED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """All that a single message is made of, but for its recipient and data."""

    mjml: str
    subject: str
    preheader: str
    sender_name: str
    sender_address: str
    reply_to: str
    organisation: str
    postal_address: str


@dataclass(frozen=True, slots=True)
class SingleLetter:
    """A compiled manuscript.

    Attributes:
        used: The merge fields it refers to.
        needed: Those that leave a gap in it where there is no value.
    """

    source: MessageSource
    used: frozenset[str]
    needed: frozenset[str]
    _message: CompiledMessage

    def try_out(
        self, values: Mapping[str, object], *, given: Mapping[str, object], to_address: str, to_name: str, token: str
    ) -> None:
        """Make the message once, so that a fault in its data is told to who can mend it.

        Args:
            values: All merge values.
            given: Those of them that the caller gave: one that he left empty is meant to be.

        Raises:
            MessageRefused: it cannot be made, or would have a gap.
        """
        missing = {name for name in self.needed if is_blank(values.get(name))} - given.keys()
        if missing:
            names = ", ".join(f"“{name}”" for name in sorted(missing))
            raise MessageRefused(
                Refusal.MISSING_DATA,
                f"The template shows {names}, and the data does not say what that is.",
                "Add it to the data, or give it a default in the template.",
            )
        try:
            self._message.render(values, to_address=to_address, token=token, now=utcnow(), to_name=to_name)
        except TemplateError as error:
            raise _bad_content(error) from error


@functools.lru_cache(maxsize=_REMEMBERED)
def single_letter(manuscript: Manuscript) -> SingleLetter:
    """Compile a manuscript, or remember that it was.

    Raises:
        MessageRefused: the template cannot be read, or there is no subject.
    """
    try:
        source = prepare(
            manuscript.mjml,
            subject=manuscript.subject,
            preheader=manuscript.preheader,
            sender_name=manuscript.sender_name,
            sender_address=manuscript.sender_address,
            reply_to=manuscript.reply_to,
            organisation=manuscript.organisation,
            postal_address=manuscript.postal_address,
            is_bulk=False,
        )
        message = CompiledMessage(source)
    except TemplateError as error:
        raise _bad_content(error) from error
    if not source.subject:
        raise MessageRefused(Refusal.BAD_CONTENT, "This message has no subject.", "Write one in the template.")
    needed = fields_needed(source.subject) | fields_needed(source.html)
    used = fields_used(source.subject) | fields_used(source.html) | fields_used(source.text)
    return SingleLetter(source, used, needed - BUILT_IN_FIELDS.keys(), message)


def _bad_content(error: TemplateError) -> MessageRefused:
    return MessageRefused(Refusal.BAD_CONTENT, error.title, error.hint, detail=error.detail)
