"""What a command prints: text for people, or one JSON object for programs."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import UserFacingError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn


@dataclass(frozen=True)
class Output:
    """Where a command's results go. With *as_json*, standard output carries exactly one JSON object."""

    as_json: bool

    @property
    def console(self) -> "Console":
        """For people: standard output, or standard error when a program reads standard output."""
        from rich.console import Console

        return Console(stderr=self.as_json, highlight=False, emoji=False)

    def progress(self, *columns: "ProgressColumn", transient: bool = True) -> "Progress":
        """A progress bar for somebody who watches; in a file or a pipe it is not seen."""
        from rich.progress import Progress

        console = self.console
        return Progress(*columns, console=console, transient=transient, disable=not console.is_terminal)

    def result(self, data: Mapping[str, object]) -> None:
        """The command's result, for a program."""
        if self.as_json:
            print(json.dumps(data, ensure_ascii=False))

    def failure(self, error: UserFacingError) -> None:
        """Why it did not work."""
        if self.as_json:
            self.result({"error": {"title": error.title, "hint": error.hint, "detail": error.detail}})
        print(str(error), file=sys.stderr)
