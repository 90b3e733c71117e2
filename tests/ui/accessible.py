"""Walks what a screen reader sees."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

INTERACTIVE = {
    QAccessible.Role.PushButton,
    QAccessible.Role.RadioButton,
    QAccessible.Role.CheckBox,
    QAccessible.Role.ComboBox,
    QAccessible.Role.EditableText,
    QAccessible.Role.SpinBox,
    QAccessible.Role.Slider,
    QAccessible.Role.Table,
    QAccessible.Role.List,
    QAccessible.Role.Tree,
    QAccessible.Role.PageTab,
    QAccessible.Role.ProgressBar,
    QAccessible.Role.ButtonMenu,
    QAccessible.Role.Link,
}


def nodes(widget: QWidget) -> Iterator[QAccessibleInterface]:
    """All accessible nodes below *widget*, itself included."""
    yield from _walk(QAccessible.queryAccessibleInterface(widget))


def nameless(widget: QWidget) -> list[str]:
    """What can be used but has no name."""
    return [
        f"{node.role()} {node.object()}"
        for node in nodes(widget)
        if node.role() in INTERACTIVE and not node.text(QAccessible.Text.Name).strip() and _counts(node)
    ]


def _counts(node: QAccessibleInterface) -> bool:
    # The line edit inside a spin box or combo box is announced as its owner.
    owner = node.parent()
    inside = owner is not None and owner.role() in (QAccessible.Role.SpinBox, QAccessible.Role.ComboBox)
    return not (inside and node.role() in (QAccessible.Role.EditableText, QAccessible.Role.List))


def _walk(node: QAccessibleInterface | None) -> Iterator[QAccessibleInterface]:
    if node is None or not node.isValid():
        return
    yield node
    for number in range(node.childCount()):
        yield from _walk(node.child(number))
