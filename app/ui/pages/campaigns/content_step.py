"""“Content”: the design of the message."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.content.library import TemplateInfo
from app.ui.pages.campaigns.step import Step
from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel, caption, label, quiet_button, secondary_button


class ContentStep(Step):
    """
    Signals:
        gallery_wanted: The user wants to choose a template.
        edit_wanted: The user wants to edit the chosen one.
    """

    gallery_wanted = Signal()
    edit_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Content"), "stepContent")
        self._icon = IconLabel("layout-template", kind=Kind.ACCENT, size=20, tile=40)
        self._title = label(role="strong")
        self._description = caption()
        self.choose = secondary_button("", on_click=self.gallery_wanted.emit, name="chooseTemplate")
        self._edit = quiet_button(self.tr("Edit"), "pencil", on_click=self.edit_wanted.emit, name="editTemplate")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._description)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self._edit)
        row.addWidget(self.choose)
        self.fields.addLayout(row)
        self.set_template(None)

    def set_template(self, template: TemplateInfo | None) -> None:
        self.set_done(template is not None)
        self._edit.setVisible(template is not None)
        if template is None:
            self._title.setText(self.tr("No design chosen"))
            self._description.setText(self.tr("Choose one and look at it first."))
            self.choose.setText(self.tr("Choose a design"))
        else:
            self._title.setText(template.name)
            self._description.setText(template.description)
            self.choose.setText(self.tr("Change"))
        self._description.setVisible(bool(self._description.text()))
