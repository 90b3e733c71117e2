"""Chosen lists and tags as chips, with a menu that adds more of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.audience.groups import GroupInfo
from app.ui.pages.campaigns.chips import Chips
from app.ui.pages.campaigns.words import number
from app.ui.theme import icon
from app.ui.widgets import secondary_button


class GroupKind(Enum):
    """The value is the icon's name."""

    LIST = "list"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Chosen:
    list_ids: frozenset[int] = frozenset()
    tag_ids: frozenset[int] = frozenset()

    def of(self, kind: GroupKind) -> frozenset[int]:
        return self.list_ids if kind is GroupKind.LIST else self.tag_ids

    def with_ids(self, kind: GroupKind, ids: frozenset[int]) -> Chosen:
        return replace(self, list_ids=ids) if kind is GroupKind.LIST else replace(self, tag_ids=ids)

    @property
    def is_empty(self) -> bool:
        return not (self.list_ids or self.tag_ids)


class GroupPicker(QWidget):
    """
    Signals:
        changed: What is chosen now, a `Chosen`.
    """

    changed = Signal(object)

    def __init__(self, words: str, name: str) -> None:
        """*words*, *name*: of the button that adds."""
        super().__init__()
        self._chosen = Chosen()
        self._groups: dict[GroupKind, Sequence[GroupInfo]] = {}
        add = secondary_button(words, "plus", name=name)
        self._menu = QMenu(add)
        add.setMenu(self._menu)
        self._chips = Chips(add)
        self._chips.removed.connect(self._on_removed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._chips)

    def set_chosen(self, chosen: Chosen, lists: Sequence[GroupInfo], tags: Sequence[GroupInfo]) -> None:
        self._chosen = chosen
        self._groups = {GroupKind.LIST: lists, GroupKind.TAG: tags}
        chips = [chip for kind in GroupKind for chip in self._chips_of(kind)]
        self._chips.set_chips(chips)
        self._menu.clear()
        for kind, groups in self._groups.items():
            for group in groups:
                if group.id not in chosen.of(kind):
                    words = f"{group.name}\t{number(group.mailable)}"
                    self._menu.addAction(icon(kind.value, "muted"), words, partial(self._put, kind, group.id))
        if self._menu.isEmpty():
            nothing = self.tr("There are no more") if chips else self.tr("There are no lists or tags yet")
            self._menu.addAction(nothing).setEnabled(False)

    def _chips_of(self, kind: GroupKind) -> list[tuple[object, str]]:
        names = {group.id: group.name for group in self._groups[kind]}
        gone = self.tr("a deleted list") if kind is GroupKind.LIST else self.tr("a deleted tag")
        return [((kind, one), names.get(one, gone)) for one in sorted(self._chosen.of(kind))]

    @Slot(object)
    def _on_removed(self, key: tuple[GroupKind, int]) -> None:
        kind, group_id = key
        self.changed.emit(self._chosen.with_ids(kind, self._chosen.of(kind) - {group_id}))

    def _put(self, kind: GroupKind, group_id: int) -> None:
        self.changed.emit(self._chosen.with_ids(kind, self._chosen.of(kind) | {group_id}))
