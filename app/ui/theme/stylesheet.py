"""The application's stylesheet, made from the tokens.

Widgets choose a look through the dynamic property `role` (or `kind` for what carries a meaning) and never by a
stylesheet of their own. Rules select by type and property only: an id rule would beat them all.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QTemporaryDir

from app.ui.theme.icons import svg
from app.ui.theme.tokens import Radius, Size, Tokens, Type


def stylesheet(tokens: Tokens, sprites: Sprites) -> str:
    sizes = {
        "item": Radius.ITEM,
        "control": Radius.CONTROL,
        "card": Radius.CARD,
        "control_height": Size.CONTROL - 2,  # plus a border of 1 px above and below
        "caption": Type.CAPTION,
        "body": Type.BODY,
        "heading": Type.HEADING,
        "title": Type.TITLE,
        "figure": Type.FIGURE,
    }
    values = {**tokens.as_mapping(), **{name: str(int(size)) for name, size in sizes.items()}, **sprites.render(tokens)}
    return "".join(Template(part).substitute(values) for part in (_TEXT, _BUTTONS, _INPUTS, _SURFACES, _VIEWS))


class Sprites:
    """The few marks QSS can only take from files (ticks, arrows), written in the theme's colours."""

    def __init__(self) -> None:
        self._folder = QTemporaryDir()

    def render(self, tokens: Tokens) -> dict[str, str]:
        """Template variables, each the path of an SVG file."""
        wanted = {
            "sprite_tick": ("check", tokens.on_accent),
            "sprite_dash": ("minus", tokens.on_accent),
            "sprite_dot": ("dot", tokens.on_accent),
            "sprite_down": ("chevron-down", tokens.muted),
            "sprite_up": ("chevron-up", tokens.muted),
            "sprite_right": ("chevron-right", tokens.muted),
            "sprite_menu_tick": ("check", tokens.text),
        }
        return {variable: self._write(name, color) for variable, (name, color) in wanted.items()}

    def _write(self, name: str, color: str) -> str:
        # The colour is part of the name because Qt caches images by path.
        path = Path(self._folder.path()) / f"{name}-{color.lstrip('#')}.svg"
        path.write_bytes(svg(name, color))
        return path.as_posix()


_TEXT = """
QWidget { color: $text; font-size: ${body}px; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${title}px; font-weight: 600; }
QLabel[role="figure"] { font-size: ${figure}px; font-weight: 600; }
QLabel[role="heading"] { font-size: ${heading}px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="caption"] { color: $muted; font-size: ${caption}px; }
QLabel[role="error"] { color: $bad; font-size: ${caption}px; }
QLabel[role="code"] { color: $muted; font-family: "JetBrains Mono", "Cascadia Mono", Menlo, monospace; }
QLabel[role="key"] {
    color: $muted; background: $sunken; border: 1px solid $line; border-radius: 4px;
    font-size: ${caption}px; padding: 1px 6px;
}
QLabel:disabled { color: $faint; }
QToolTip { color: $text; background: $raised; border: 1px solid $line; padding: 4px 8px; }
"""

_BUTTONS = """
QPushButton {
    color: $text; background: $surface; border: 1px solid $line; border-radius: ${control}px;
    min-height: ${control_height}px; padding: 0 13px; font-weight: 600;
}
QPushButton:hover { background: $hover; border-color: $strong_line; }
QPushButton:pressed { background: $sunken; }
QPushButton:disabled { color: $faint; background: $sunken; border-color: $line; }
QPushButton[iconic="true"] { padding-left: 10px; }
QPushButton[role="primary"] { color: $on_accent; background: $accent; border-color: $accent; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:pressed { background: $accent_press; border-color: $accent_press; }
QPushButton[role="primary"]:disabled { color: $faint; background: $neutral_tint; border-color: $neutral_tint; }
QPushButton[role="danger"] { color: $on_bad; background: $bad; border-color: $bad; }
QPushButton[role="danger"]:hover, QPushButton[role="danger"]:pressed {
    background: $bad_press; border-color: $bad_press;
}
QPushButton[role="danger"]:disabled { color: $faint; background: $neutral_tint; border-color: $neutral_tint; }
QPushButton[role="quiet"] { color: $text; background: transparent; border-color: transparent; padding: 0 9px; }
QPushButton[role="quiet"]:hover { background: $neutral_tint; }
QPushButton[role="quiet"]:disabled { color: $faint; }
QPushButton[role="link"] {
    color: $on_accent_tint; background: transparent; border-color: transparent; padding: 0 3px; min-height: 22px;
    border-radius: 4px;
}
QPushButton[role="link"][leading="true"] { padding: 0 3px 0 0; border-left-width: 0; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:disabled { color: $faint; }
QPushButton::menu-indicator { image: none; width: 0; }
QToolButton {
    color: $text; background: transparent; border: 1px solid transparent; border-radius: ${control}px;
    min-width: ${control_height}px; min-height: ${control_height}px; padding: 0;
}
QToolButton:hover { background: $neutral_tint; }
QToolButton:pressed, QToolButton:checked { background: $accent_tint; }
QToolButton[role="small"] { min-width: 22px; min-height: 22px; border-radius: ${item}px; }
QToolButton::menu-indicator { image: none; width: 0; }

QPushButton[focusVisible="true"], QToolButton[focusVisible="true"] { border: 2px solid $focus; }
QPushButton[focusVisible="true"] { padding: 0 12px; min-height: 28px; }
QPushButton[role="primary"][focusVisible="true"], QPushButton[role="danger"][focusVisible="true"] {
    border: 2px solid $text;
}
QPushButton[iconic="true"][focusVisible="true"] { padding-left: 9px; }
QPushButton[role="quiet"][focusVisible="true"] { padding: 0 8px; }
QPushButton[role="link"][focusVisible="true"] { padding: 0 2px; min-height: 20px; }
QPushButton[role="link"][leading="true"][focusVisible="true"] { padding: 0 2px 0 0; border-left-width: 2px; }
QToolButton[focusVisible="true"] { min-width: 28px; min-height: 28px; }
QToolButton[role="small"][focusVisible="true"] { min-width: 20px; min-height: 20px; }

QFrame[role="segments"] { background: $neutral_tint; border: none; border-radius: ${control}px; }
QFrame[role="segments"] QPushButton {
    color: $muted; background: transparent; border: 1px solid transparent; border-radius: ${item}px;
    min-height: 24px; padding: 0 11px; font-weight: 600;
}
QFrame[role="segments"] QPushButton:hover { color: $text; }
QFrame[role="segments"] QPushButton:checked { color: $text; background: $surface; border-color: $line; }
QFrame[role="segments"] QPushButton:disabled { color: $faint; }
QFrame[role="segments"] QPushButton[focusVisible="true"] {
    border: 2px solid $focus; padding: 0 10px; min-height: 22px;
}
"""

_INPUTS = """
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
    color: $text; background: $surface; border: 1px solid $strong_line; border-radius: ${control}px;
    selection-background-color: $accent; selection-color: $on_accent; placeholder-text-color: $faint;
}
QLineEdit, QAbstractSpinBox, QComboBox { min-height: ${control_height}px; padding: 0 10px; }
QLineEdit > QToolButton, QLineEdit > QToolButton:hover { min-width: 0; min-height: 0; border: none; background: none; }
QAbstractSpinBox { max-height: ${control_height}px; }
QPlainTextEdit, QTextEdit { padding: 6px 8px; }
QLineEdit:hover, QPlainTextEdit:hover, QTextEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {
    border-color: $muted;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus,
QComboBox[focusVisible="true"] {
    border: 2px solid $focus;
}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { min-height: 28px; padding: 0 9px; }
QComboBox { padding: 0 12px; }
QComboBox:focus { padding: 0 11px; }
QLineEdit[role="search"] { padding-left: 3px; }
QLineEdit[role="search"]:focus { padding-left: 2px; }
QAbstractSpinBox:focus { max-height: 28px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 5px 7px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $faint; background: $sunken; border-color: $line;
}
QLineEdit:read-only { background: $sunken; border-color: $line; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QAbstractSpinBox[invalid="true"],
QComboBox[invalid="true"] { border-color: $bad; }
QPlainTextEdit[role="bare"], QPlainTextEdit[role="bare"]:focus {
    border: none; border-radius: 0; background: transparent;
}
QLineEdit[role="bare"], QLineEdit[role="bare"]:focus, QLineEdit[role="bare"]:hover {
    border: none; background: transparent; min-height: 44px; padding: 0; font-size: ${heading}px;
}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit, QComboBox QLineEdit:focus {
    border: none; background: transparent; padding: 0; min-height: 0;
}
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: url("$sprite_down"); width: 16px; height: 16px; }
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $line; border-radius: ${control}px; padding: 4px; outline: none;
}
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: ${item}px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: 20px; }
QAbstractSpinBox::up-button { margin: 3px 4px 0 0; }
QAbstractSpinBox::down-button { margin: 0 4px 3px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {
    background: $neutral_tint; border-radius: 4px;
}
QAbstractSpinBox::up-arrow { image: url("$sprite_up"); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url("$sprite_down"); width: 12px; height: 12px; }
QDateTimeEdit::drop-down {
    subcontrol-origin: border; subcontrol-position: center right; border: none; width: 26px; height: 28px;
}
QDateTimeEdit::down-arrow { image: url("$sprite_down"); width: 16px; height: 16px; }

QCheckBox, QRadioButton { background: transparent; spacing: 8px; min-height: 24px; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {
    width: 16px; height: 16px; border: 1px solid $strong_line; background: $surface;
}
QCheckBox::indicator, QAbstractItemView::indicator { border-radius: 5px; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked, QAbstractItemView::indicator:checked,
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate {
    background: $accent; border-color: $accent;
}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { image: url("$sprite_tick"); }
QCheckBox::indicator:indeterminate, QAbstractItemView::indicator:indeterminate { image: url("$sprite_dash"); }
QRadioButton::indicator:checked { image: url("$sprite_dot"); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { background: $sunken; border-color: $line; }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }
QCheckBox[focusVisible="true"]::indicator, QRadioButton[focusVisible="true"]::indicator {
    border: 2px solid $focus; width: 14px; height: 14px;
}
QCheckBox[focusVisible="true"]::indicator:checked, QRadioButton[focusVisible="true"]::indicator:checked {
    border-color: $text;
}

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; border: 1px solid $strong_line; background: $surface;
}
QSlider[focusVisible="true"]::handle:horizontal { border: 2px solid $focus; width: 12px; height: 12px; }
QProgressBar { background: $line; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[kind="warning"]::chunk { background: $warning; }
QProgressBar[kind="bad"]::chunk { background: $bad; }
"""

_SURFACES = """
QMainWindow, QDialog, QWidget[role="ground"] { background: $ground; }
QDialog[role="sheet"] { background: $raised; }
QWidget[role="sidebar"] { background: $sidebar; border: none; border-right: 1px solid $line; }
QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: ${card}px; }
QFrame[role="sunken"] { background: $sunken; border: none; border-radius: ${control}px; }
QFrame[role="chip"] { background: $accent_tint; border: none; border-radius: 13px; }
QFrame[role="chip"] QLabel { color: $on_accent_tint; font-weight: 600; }
QFrame[role="floating"] { background: $raised; border: 1px solid $line; border-radius: ${card}px; }
QFrame[role="footer"] { background: $sunken; border: none; border-top: 1px solid $line; }
QFrame[role="line"] { background: $line; border: none; min-height: 1px; max-height: 1px; }
QFrame[role="banner"] { background: $neutral_tint; border: none; border-radius: ${control}px; }
QFrame[role="banner"][kind="info"] { background: $info_tint; }
QFrame[role="banner"][kind="good"] { background: $good_tint; }
QFrame[role="banner"][kind="warning"] { background: $warning_tint; }
QFrame[role="banner"][kind="bad"] { background: $bad_tint; }
QScrollArea, QScrollArea > QWidget > QWidget[role="scrolled"] { background: transparent; border: none; }
QSplitter::handle { background: $line; }
QMenu { background: $raised; border: 1px solid $line; border-radius: ${control}px; padding: 5px; }
QMenu::item { padding: 6px 24px 6px 10px; border-radius: ${item}px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 6px; }
QMenu::indicator { width: 16px; height: 16px; margin-left: 6px; }
QMenu::indicator:checked { image: url("$sprite_menu_tick"); }
QMenu::right-arrow { image: url("$sprite_right"); width: 14px; height: 14px; margin-right: 6px; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; }
QTabBar::tab {
    color: $muted; background: transparent; border: none; border-bottom: 2px solid transparent;
    padding: 7px 2px; margin-right: 20px; font-weight: 600;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $on_accent_tint; border-bottom-color: $accent; }
QTabBar[focusVisible="true"]::tab:selected { background: $accent_tint; }
QCalendarWidget QAbstractItemView { selection-background-color: $accent; selection-color: $on_accent; }
"""

_VIEWS = """
QAbstractItemView {
    color: $text; background: $surface; border: 1px solid $line; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QListView, QTreeView { border-radius: ${control}px; padding: 4px; }
QListView::item, QTreeView::item { min-height: 30px; padding: 0 8px; border: none; }
QListView::item { border-radius: ${item}px; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected { color: $text; background: $selection; }
QListView[focusVisible="true"], QTreeView[focusVisible="true"] { border-color: $focus; }
QAbstractItemView[role="bare"] { background: transparent; border: none; padding: 0; }
QTableView { border-radius: ${card}px; gridline-color: $line; }
QTableView[focusVisible="true"] { border-color: $focus; }
QTableView[flush="true"] { border: none; border-radius: 0; }
/* Qt adds 3 px of its own. */
QTableView::item { padding: 0 9px; border: none; border-bottom: 1px solid $line; }
QTableView[flush="true"]::item { padding: 0 13px; }
QTableView QScrollBar:vertical { margin-top: 36px; }
QTableView::item:selected { color: $text; background: $selection; }
QHeaderView { background: transparent; border: none; }
/* Of Qt's own file dialog; our tables paint their headers themselves. */
QHeaderView::section {
  color: $muted; background: $surface; border: none; border-bottom: 1px solid $line; padding: 4px 8px;
}
QTableCornerButton::section { background: $surface; border: none; border-bottom: 1px solid $line; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $scroll_bar; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 36px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 36px; margin: 2px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $strong_line; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
"""
