"""What can go wrong, sorted by whose fault it is.

AppError
├── UserFacingError     the input or the environment: shown calmly, with what to do next
└── Cancelled           the user asked to stop: nothing is shown

Every other exception is a fault of the program and opens the crash dialog.
"""


class AppError(Exception):
    """The root of all exceptions this program raises on purpose."""


class UserFacingError(AppError):
    """A fault of the input or the environment, worded for the person in front of the screen.

    Attributes:
        title: What happened, one short sentence without jargon.
        hint: What to do about it, one sentence; empty where nothing can be done.
        detail: The technical words (a server's reply, a file's path) for those who need them. Never a secret.
    """

    def __init__(self, title: str, hint: str = "", *, detail: str = "") -> None:
        super().__init__(" ".join(part for part in (title, hint) if part))
        self.title = title
        self.hint = hint
        self.detail = detail


class Cancelled(AppError):
    """The user cancelled; unwind without a message."""
