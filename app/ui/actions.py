"""Everything that can be done from anywhere, in one registry that shortcuts, menus and the palette share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from app.ui.theme import icon as themed_icon


class Action(QAction):
    """A `QAction` with what the palette needs beyond it.

    Attributes:
        key: Its stable name.
        section: The heading it stands under ("Go to", "Contacts").
        keywords: Further words people may type to find it.
        listed: Whether the palette offers it.
    """

    def __init__(self, key: str, text: str, parent: QObject, *, section: str, keywords: str, listed: bool) -> None:
        super().__init__(text, parent)
        self.key = key
        self.section = section
        self.keywords = keywords
        self.listed = listed
        self.setObjectName(f"action-{key}")

    @property
    def plain_text(self) -> str:
        """The text without its mnemonic mark."""
        return self.text().replace("&", "")


class Actions(QObject):
    """
    Signals:
        added: The new `Action`.
    """

    added = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, Action] = {}

    def add(
        self,
        key: str,
        text: str,
        run: Callable[[], object],
        *,
        icon: str = "",
        shortcut: str | QKeySequence.StandardKey = "",
        section: str = "",
        keywords: str = "",
        listed: bool = True,
    ) -> Action:
        """Register what *run* does. "Ctrl" in *shortcut* means ⌘ on a Mac."""
        if key in self._actions:
            raise ValueError(f"the action {key!r} exists already")
        action = Action(key, text, self, section=section, keywords=keywords, listed=listed)
        if icon:
            action.setIcon(themed_icon(icon, "muted", active="text"))
        if shortcut != "":
            action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda _checked=False: run())
        self._actions[key] = action
        self.added.emit(action)
        return action

    def __getitem__(self, key: str) -> Action:
        return self._actions[key]

    def search(self, query: str) -> list[Action]:
        """What can be done now and fits *query*, best first; all of it for an empty one."""
        usable = [action for action in self._actions.values() if action.listed and action.isEnabled()]
        if not query.strip():
            return usable
        scored = [(_score(action, query), index, action) for index, action in enumerate(usable)]
        return [action for score, _, action in sorted(scored, key=lambda entry: entry[:2]) if score < _NO_MATCH]


_NO_MATCH = 100


def _score(action: Action, query: str) -> int:
    """Lower is better: the text's beginning, a word's beginning, somewhere inside, a keyword, letters in order."""
    text = action.plain_text.casefold()
    wanted = query.strip().casefold()
    if text.startswith(wanted):
        return 0
    words = f"{text} {action.keywords.casefold()}".split()
    if all(any(word.startswith(part) for word in words) for part in wanted.split()):
        return 1
    if wanted in text:
        return 2
    letters = iter(text)
    if len(wanted) > 1 and all(letter in letters for letter in wanted):
        return 3
    return _NO_MATCH
