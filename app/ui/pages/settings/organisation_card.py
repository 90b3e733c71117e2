"""Whose workspace it is: what recipients read at the foot of each mail, and by which clock is sent."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, QTimeZone, Slot
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from app.models.workspace import OrganisationInfo
from app.ui import things
from app.ui.context import AppContext
from app.ui.shell import MainWindow
from app.ui.start.server_address import place_words
from app.ui.theme import Space
from app.ui.widgets import Card, Form, caption, primary_button

_ADDRESS_HEIGHT = 76
_WIDTH = 560


class OrganisationCard(Card):
    def __init__(self, context: AppContext) -> None:
        super().__init__(QCoreApplication.translate("OrganisationCard", "Organisation"))
        self.setObjectName("organisationCard")
        self._context = context
        self._stored: OrganisationInfo | None = None
        self.name = QLineEdit()
        self.name.setMaxLength(200)
        self.address = QPlainTextEdit()
        self.address.setTabChangesFocus(True)
        self.address.setFixedHeight(_ADDRESS_HEIGHT)
        self.zone = _zone_box()
        form = Form()
        self._name_field = form.add(
            self.tr("Name of your organisation"),
            self.name,
            name="organisationName",
            help_text=self.tr("Your mails show it wherever their template says so, such as at the foot."),
        )
        self._address_field = form.add(
            self.tr("Postal address"),
            self.address,
            name="postalAddress",
            help_text=self.tr(
                "The law asks for it in every mass mail (in the EU, the UK, the USA, Canada and elsewhere), so it is "
                "put at the foot of each one."
            ),
        )
        self._zone_field = form.add(
            self.tr("Time zone"),
            self.zone,
            name="timeZone",
            help_text=self.tr("Planned campaigns start by this clock, summer time included."),
        )
        fields = QWidget()
        fields.setLayout(form)
        fields.setFixedWidth(_WIDTH)
        # With a stretch beside it: alone in the card it would be given the height that wider help texts need.
        narrow = QHBoxLayout()
        narrow.addWidget(fields)
        narrow.addStretch(1)
        self.save_button = primary_button(self.tr("Save"), on_click=self.save, name="saveOrganisation")
        self._state = caption(wrap=False)
        foot = QHBoxLayout()
        foot.setSpacing(Space.M)
        foot.addWidget(self.save_button)
        foot.addWidget(self._state)
        foot.addStretch(1)
        self.body.setSpacing(Space.L)
        self.body.addLayout(narrow)
        self.body.addLayout(foot)
        self.name.textChanged.connect(self._on_edited)
        self.address.textChanged.connect(self._on_edited)
        self.zone.currentTextChanged.connect(self._on_edited)

    async def load(self) -> None:
        """Show what is stored, unless something else is being typed."""
        stored = await self._context.operations.read(self._context.workspace.organisation)
        was_edited = self._stored is not None and self._edited() != self._stored
        self._stored = stored
        if not was_edited:
            self.name.setText(stored.name)
            self.address.setPlainText(stored.postal_address)
            self.zone.setCurrentText(stored.time_zone)
        self._on_edited()

    def save(self) -> None:
        if not self._check():
            return
        info = self._edited()
        self._context.operations.run(
            partial(self._context.workspace.set_organisation, info),
            busy=self.save_button,
            success=lambda _: self._on_saved(info),
            refreshes=[things.ORGANISATION],
        )

    def _on_saved(self, info: OrganisationInfo) -> str:
        self._stored = info
        window = self.window()
        if isinstance(window, MainWindow):
            window.sidebar.workspace.set_workspace(info.name, place_words(self._context.workspace.location))
        self._on_edited()
        return self.tr("Saved")

    def _check(self) -> bool:
        self._name_field.set_error("" if self.name.text().strip() else self.tr("Your recipients want to know."))
        is_zone = QTimeZone.isTimeZoneIdAvailable(self.zone.currentText().strip().encode())
        self._zone_field.set_error("" if is_zone else self.tr("Choose one from the list, such as Europe/Berlin."))
        return not (self._name_field.error or self._zone_field.error)

    def _edited(self) -> OrganisationInfo:
        lines = [line.strip() for line in self.address.toPlainText().splitlines()]
        return OrganisationInfo(
            " ".join(self.name.text().split()), "\n".join(lines).strip(), self.zone.currentText().strip()
        )

    @Slot()
    def _on_edited(self) -> None:
        is_changed = self._stored is not None and self._edited() != self._stored
        self.save_button.setEnabled(is_changed)
        self._state.setText(self.tr("Unsaved changes") if is_changed else "")
        for field in (self._name_field, self._zone_field):
            field.set_error("")


def _zone_box() -> QComboBox:
    """All zones; typing a city finds its zone."""
    zones = sorted(bytes(zone.data()).decode() for zone in QTimeZone.availableTimeZoneIds())
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.setMaxVisibleItems(14)
    box.addItems([zone for zone in zones if "/" in zone or zone == "UTC"])
    completer = QCompleter(box.model(), box)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    box.setCompleter(completer)
    return box
