"""The DKIM keys of a From address: created or imported here, and the DNS entries that make them count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.sending.dkim import DEFAULT_SELECTOR, KeyPair, generate_key, generate_modern_key, public_record
from app.sending.presets import Preset
from app.sending.stored_secrets import PublishedKey
from app.ui.operations import Lane, Operations
from app.ui.pages.accounts.ground import KeyChanges, NewKey
from app.ui.pages.accounts.key_panel import KeyPanel
from app.ui.pages.accounts.section import Section
from app.ui.theme import Space
from app.ui.widgets import FormField, caption, label, quiet_button, secondary_button

_MODERN_SELECTOR = "mail2"
_ED25519 = "k=ed25519"


class SignatureSection(Section):
    """The first key belongs to the From address's draft, the others are changed by `key_changes`."""

    def __init__(self, operations: Operations) -> None:
        super().__init__(self.tr("Signature (DKIM)"), self._usual_words())
        self._operations = operations
        self._address = ""
        self._had_first = False
        self._removed: list[int] = []
        self._made = 0
        self._panels: list[KeyPanel] = []
        self._trouble = label(role="error", wrap=True)
        self._trouble.setObjectName("dkimError")
        self._trouble.hide()
        self._build()
        self._show()

    def fill(self, keys: Sequence[PublishedKey]) -> None:
        """Show the public halves of stored keys."""
        for key in keys:
            self._had_first = self._had_first or key.id is None
            self._add(KeyPanel(key.domain, key.selector, key.dns_value, key_id=key.id, suffix=self._suffix()))

    def show_preset(self, preset: Preset) -> None:
        """Say whether the provider signs by itself."""
        if preset.signs_itself:
            words = self.tr("{0} signs your mail by itself. A key of your own is not needed.").format(preset.name)
            self.set_words(self.tr("Signature (DKIM)"), words)
        else:
            self.set_words(self.tr("Signature (DKIM)"), self._usual_words())

    def follow_address(self, address: str) -> None:
        """Unless the user named another one, the domain is that of the From address."""
        old, self._address = self._address.rpartition("@")[2].strip(), address
        for panel in self._panels:
            if panel.domain.text() in ("", old) and not panel.domain.isReadOnly():
                panel.domain.setText(self._domain)

    @property
    def first_domain(self) -> str:
        """Where the first key is published; empty without one."""
        return self._first.place[0] if self._first else ""

    @property
    def first_selector(self) -> str:
        """The first key's selector; empty without one."""
        return self._first.place[1] if self._first else ""

    @property
    def pem(self) -> str | None:
        """The first private key, to store: None leaves what is stored, an empty text removes it."""
        if self._first is None:
            return "" if self._had_first else None
        return self._first.pem or None

    @property
    def key_changes(self) -> KeyChanges:
        """What became of the keys beyond the first."""
        added = [NewKey(*panel.place, panel.pem) for panel in self._further if panel.id is None]
        return KeyChanges(tuple(added), tuple(self._removed))

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        wrong = [field for panel in self._panels for field in panel.check()]
        places = [panel.place for panel in self._panels]
        for number, panel in enumerate(self._panels):
            if not wrong and panel.place in places[:number]:
                wrong.append(panel.refuse_selector())
        return wrong

    @Slot(str)
    def import_key(self, path: str) -> None:
        """Take the private key in the file at *path*."""
        self._operations.run(
            partial(_read_key, Path(path)), lane=Lane.READ, success=self._take, on_error=self._show_trouble
        )

    @property
    def _first(self) -> KeyPanel | None:
        """The key in the From address's own row: the stored one, or else the first that is new."""
        loose = [panel for panel in self._panels if panel.id is None]
        return next((panel for panel in loose if not panel.pem), loose[0] if loose else None)

    @property
    def _further(self) -> list[KeyPanel]:
        return [panel for panel in self._panels if panel is not self._first]

    @property
    def _domain(self) -> str:
        return self._address.strip().rpartition("@")[2]

    def _usual_words(self) -> str:
        return self.tr(
            "It proves that mail from your domain is really yours; Gmail and Yahoo ask for it. Most providers sign by "
            "themselves: then you need no key here."
        )

    @Slot()
    def _on_create(self) -> None:
        self._operations.run(generate_key, lane=Lane.READ, busy=self._create, success=self._take_pair)

    @Slot()
    def _on_second(self) -> None:
        self._operations.run(generate_modern_key, lane=Lane.READ, busy=self._second, success=self._take_pair)

    @Slot()
    def _on_import(self) -> None:
        dialog = QFileDialog(
            self, self.tr("Import a DKIM key"), "", self.tr("Keys (*.pem *.key *.private *.txt);;All (*)")
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_key)
        dialog.open()

    def _take_pair(self, pair: KeyPair) -> None:
        self._take((pair.pem.decode(), pair.dns_txt))

    def _take(self, key: tuple[str, str]) -> None:
        pem, value = key
        taken = {panel.place[1] for panel in self._panels}
        selector = DEFAULT_SELECTOR if DEFAULT_SELECTOR not in taken else _MODERN_SELECTOR
        number = 3
        while selector in taken:
            selector, number = f"{DEFAULT_SELECTOR}{number}", number + 1
        self._add(KeyPanel(self._domain, selector, value, pem=pem, suffix=self._suffix()))

    def _suffix(self) -> str:
        """What tells the widgets of a key from those of the others; nothing for the first."""
        self._made += 1
        return str(self._made) if self._panels else ""

    def _add(self, panel: KeyPanel) -> None:
        panel.remove_wanted.connect(lambda: self._remove(panel))
        self._panels.append(panel)
        self._keys.addWidget(panel)
        self._show()

    def _remove(self, panel: KeyPanel) -> None:
        if panel.id is not None:
            self._removed.append(panel.id)
        self._panels.remove(panel)
        self._keys.removeWidget(panel)
        panel.hide()
        panel.deleteLater()
        self._show()

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.setText(str(error))
        self._trouble.show()

    def _show(self) -> None:
        self._trouble.hide()
        has_keys = bool(self._panels)
        has_modern = any(_ED25519 in panel.dns_value for panel in self._panels)
        self._create.setVisible(not has_keys)
        self._second.setVisible(has_keys and not has_modern)
        self._why_second.setVisible(has_keys and not has_modern)

    def _build(self) -> None:
        self._create = secondary_button(
            self.tr("Create a key"), "key-round", on_click=self._on_create, name="createKey"
        )
        self._second = secondary_button(
            self.tr("Add a second, modern signature"), "plus", on_click=self._on_second, name="secondKey"
        )
        self._why_second = caption(
            self.tr("Some providers prefer it; all others go on reading the first. It needs a DNS entry of its own.")
        )
        bring = quiet_button(self.tr("Import a key…"), on_click=self._on_import, name="importKey")
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        for button in (self._create, self._second, bring):
            row.addWidget(button)
        row.addStretch(1)
        self._keys = QVBoxLayout()
        self._keys.setSpacing(Space.M)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(self._keys)
        column.addLayout(row)
        column.addWidget(self._why_second)
        self.form.addWidget(whole)
        self.form.addWidget(self._trouble)


def _read_key(path: Path) -> tuple[str, str]:
    """The private key in the file, and the DNS value that belongs to it.

    Raises:
        UserFacingError: the file cannot be read, or holds no key that can sign.
    """
    try:
        pem = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise UserFacingError("This file cannot be read.", "Choose another one.", detail=str(error)) from error
    return pem, public_record(pem.encode())
