"""The first step of a new account: who carries the mail. An address is enough to find most of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.sending.presets import Preset, PresetGroup, guess_preset, preset, presets
from app.ui.pages.accounts.provider_tile import ProviderTile
from app.ui.theme import Kind, Space
from app.ui.widgets import FormField, IconLabel, caption, heading, muted

_COLUMNS = 3
_ANY_OTHER = "smtp"


class ProviderGallery(QWidget):
    """
    Signals:
        chosen: The `Preset` the user wants.

    Attributes:
        address: Where the user types an address, or a provider's name.
        tiles: All of them, in order.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._area = QScrollArea(widgetResizable=True)
        self.address = _AddressLine()
        self.address.setObjectName("galleryAddress")
        self.address.setPlaceholderText("news@blumen-berger.example")
        self._field = FormField(
            self.tr("Your e-mail address"),
            self.address,
            help_text=self._usual_help(),
        )
        self.tiles = [ProviderTile(each) for each in presets()]
        self._groups: list[tuple[PresetGroup, QWidget, QGridLayout]] = []
        self._nothing = muted(self.tr("No provider here is called like that. Every other one works as well:"))
        self._nothing.setObjectName("noProvider")
        self._build()
        for tile in self.tiles:
            tile.clicked.connect(lambda _=False, tile=tile: self.chosen.emit(tile.preset))
            tile.step_wanted.connect(lambda across, down, tile=tile: self._step(tile, across, down))
        self.address.textChanged.connect(self._on_typed)
        self.address.returnPressed.connect(self._on_return)
        self.address.down_wanted.connect(self._enter_tiles)
        self._on_typed()

    def typed_address(self) -> str:
        """The address that was typed; empty if it is none, or a provider's name."""
        text = self.address.text().strip()
        return text if "@" in text else ""

    @property
    def proposed(self) -> Preset | None:
        """The provider that fits what was typed."""
        return next((tile.preset for tile in self.tiles if tile.is_proposed), None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.address.setFocus()

    @Slot()
    def _on_typed(self) -> None:
        text = self.address.text().strip()
        is_address = "@" in text
        guessed = self._guess(text)
        for tile in self.tiles:
            tile.set_proposed(tile.preset is guessed)
        fitting = [tile for tile in self.tiles if is_address or _fits(tile.preset, text)]
        self._nothing.setVisible(not fitting)
        self._arrange(fitting or [tile for tile in self.tiles if tile.preset.key == _ANY_OTHER])
        self._field.set_help(self._words(text, guessed))
        proposed = next((tile for tile in self.tiles if tile.is_proposed), None)
        if proposed is not None:
            self._area.ensureWidgetVisible(proposed, 0, Space.L)

    def _guess(self, text: str) -> Preset | None:
        domain = text.rpartition("@")[2]
        if "@" in text:
            return guess_preset(text) or (preset(_ANY_OTHER) if "." in domain.strip(".") else None)
        found = [tile.preset for tile in self.tiles if _fits(tile.preset, text)]
        return found[0] if text and len(found) == 1 else None

    def _words(self, text: str, guessed: Preset | None) -> str:
        if guessed is None:
            return self._usual_help()
        if "@" in text and guessed.key == _ANY_OTHER:
            return self.tr(
                "This is a domain of your own. Whoever runs its mail is the one to choose: often Google Workspace, "
                "Microsoft 365 or your web host. If it is not here, press Return."
            )
        return self.tr("Press Return to go on with {0}.").format(guessed.name)

    def _usual_help(self) -> str:
        return self.tr("It tells us who carries your mail. Or type the name of a service.")

    @Slot()
    def _on_return(self) -> None:
        if self.proposed is not None:
            self.chosen.emit(self.proposed)

    @Slot()
    def _enter_tiles(self) -> None:
        shown = [tile for tile in self.tiles if not tile.isHidden()]
        first = next((tile for tile in shown if tile.is_proposed), shown[0] if shown else None)
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _step(self, tile: ProviderTile, across: int, down: int) -> None:
        """Go to the neighbour; from the first row up into the field."""
        rows = self._rows()
        row = next(number for number, tiles in enumerate(rows) if tile in tiles)
        column = rows[row].index(tile)
        if across:
            flat = [each for tiles in rows for each in tiles]
            target = flat[max(0, min(len(flat) - 1, flat.index(tile) + across))]
        elif row + down < 0:
            self.address.setFocus(Qt.FocusReason.BacktabFocusReason)
            return
        else:
            tiles = rows[min(row + down, len(rows) - 1)]
            target = tiles[min(column, len(tiles) - 1)]
        self._set_tab_stop(target)
        target.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(target, 0, Space.L)

    def _rows(self) -> list[list[ProviderTile]]:
        rows: list[list[ProviderTile]] = []
        for group, _, _ in self._groups:
            shown = [tile for tile in self.tiles if tile.preset.group is group and not tile.isHidden()]
            rows += [shown[start : start + _COLUMNS] for start in range(0, len(shown), _COLUMNS)]
        return rows

    def _arrange(self, shown: list[ProviderTile]) -> None:
        for group, whole, grid in self._groups:
            mine = [tile for tile in self.tiles if tile.preset.group is group]
            for tile in mine:
                grid.removeWidget(tile)
                tile.setVisible(tile in shown)
            for number, tile in enumerate(tile for tile in mine if tile in shown):
                grid.addWidget(tile, number // _COLUMNS, number % _COLUMNS)
            whole.setVisible(any(tile in shown for tile in mine))
        first = next((tile for tile in shown if tile.is_proposed), shown[0] if shown else None)
        self._set_tab_stop(first)

    def _set_tab_stop(self, stop: ProviderTile | None) -> None:
        """Tab visits one tile; the arrow keys lead to the others."""
        for tile in self.tiles:
            tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus if tile is stop else Qt.FocusPolicy.ClickFocus)

    def _note(self, text: str, *, has_warnings: bool) -> QHBoxLayout:
        """A sentence about a group, and what the sign on some of its tiles means."""
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        row.addWidget(muted(text), 1)
        if has_warnings:
            row.addWidget(IconLabel("triangle-alert", kind=Kind.WARNING))
            row.addWidget(caption(self.tr("not meant for newsletters"), wrap=False))
        return row

    def _build(self) -> None:
        titles = {
            PresetGroup.MAILBOX: self.tr("Your mailbox"),
            PresetGroup.SERVICE: self.tr("A mailing service"),
            PresetGroup.SERVER: self.tr("Your own server"),
        }
        notes = {
            PresetGroup.MAILBOX: self.tr("Good for some hundred recipients. Nothing new to sign up for."),
            PresetGroup.SERVICE: self.tr("Made for newsletters: the way for thousands of recipients."),
            PresetGroup.SERVER: self.tr("Any server that takes mail by SMTP."),
        }
        content = QWidget()
        content.setProperty("role", "scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 0, Space.L, Space.S)
        column.setSpacing(Space.XL)
        for group in PresetGroup:
            whole = QWidget()
            inner = QVBoxLayout(whole)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(0)
            inner.addWidget(heading(titles[group]))
            inner.addLayout(self._note(notes[group], has_warnings=group is PresetGroup.MAILBOX))
            inner.addSpacing(Space.S)
            grid = QGridLayout()
            grid.setSpacing(Space.M)
            for number in range(_COLUMNS):
                grid.setColumnStretch(number, 1)
                grid.setColumnMinimumWidth(number, 1)
                grid.addWidget(QWidget(), 0, number)  # an empty column would be left without its spacing
            inner.addLayout(grid)
            column.addWidget(whole)
            self._groups.append((group, whole, grid))
        for tile in self.tiles:
            tile.setParent(content)
        column.insertWidget(0, self._nothing)
        column.addStretch(1)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(content)
        whole_column = QVBoxLayout(self)
        whole_column.setContentsMargins(0, 0, 0, 0)
        whole_column.setSpacing(Space.L)
        whole_column.addWidget(self._field)
        whole_column.addWidget(self._area, 1)


class _AddressLine(QLineEdit):
    """
    Signals:
        down_wanted: The down key leads on to the tiles.
    """

    down_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.down_wanted.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # it chose a tile; the sheet has nothing to confirm yet


def _fits(each: Preset, text: str) -> bool:
    return text.casefold() in each.name.casefold()
