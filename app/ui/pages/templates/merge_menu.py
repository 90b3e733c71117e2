"""The menu of merge fields: what a contact has, and what every message knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.content.merge import BUILT_IN_FIELDS
from app.models.fields import FieldInfo
from app.models.states import FieldType


def fill_merge_menu(menu: QMenu, fields: Sequence[FieldInfo], insert: Callable[[str], object]) -> None:
    """Offer *fields* and the built-in ones; *insert* gets the merge tag that was picked."""
    menu.clear()
    menu.setToolTipsVisible(True)
    menu.addSection(_tr("From the contact"))
    for field in fields:
        _add(menu, field.label, _tag(field), insert)
    menu.addSection(_tr("The same for everybody"))
    for key, built_in in BUILT_IN_FIELDS.items():
        _add(menu, built_in.label, f"{{{{ {key} }}}}", insert)


def merge_menu(owner: QWidget, fields: Sequence[FieldInfo], insert: Callable[[str], object]) -> QMenu:
    menu = QMenu(owner)
    fill_merge_menu(menu, fields, insert)
    return menu


def _add(menu: QMenu, text: str, tag: str, insert: Callable[[str], object]) -> None:
    action = QAction(text, menu)
    action.setToolTip(tag)
    action.triggered.connect(lambda _checked=False: insert(tag))
    menu.addAction(action)


def _tag(field: FieldInfo) -> str:
    """With a stand-in for names, which are missing most often and embarrass most."""
    if field.key in {"first_name", "last_name"}:
        return f'{{{{ {field.key}|default("{_tr("friend")}") }}}}'
    if field.type is FieldType.DATE:
        return f'{{{{ {field.key}|date("%d.%m.%Y") }}}}'
    return f"{{{{ {field.key} }}}}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("MergeMenu", text)
