"""What can be wrong with a message, said to people who know Word, not code.

TemplateError            the template cannot be read, or asks for something it may not have
├── HeaderInjection      a value would break out of a mail header (a line break in a name, a subject, an address)
└── AddressRefused       an address that cannot be written into a message
"""

from app.errors import UserFacingError


class TemplateError(UserFacingError):
    """The template, or a value merged into it, cannot become a message.

    Attributes:
        reason: The title without its line.
        line: The line of the source the user sees, counted from 1; None where no single line is to blame.
    """

    def __init__(self, title: str, hint: str = "", *, line: int | None = None, detail: str = "") -> None:
        super().__init__(title if line is None else f"Line {line}: {title}", hint, detail=detail)
        self.reason = title
        self.line = line


class HeaderInjection(TemplateError):
    """A header value holds a line break, with which a value could add headers or recipients of its own."""

    def __init__(self, header: str) -> None:
        super().__init__(
            f"The {header} of this message contains a line break.",
            "Look for a contact's field with several lines in it, and write it in one line.",
        )


class AddressRefused(TemplateError):
    """An address is not of the form a mail server accepts today (RFC 5321, RFC 6531)."""
