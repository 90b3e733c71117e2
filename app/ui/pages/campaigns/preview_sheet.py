"""The preview in a sheet of its own, for windows too narrow to show it beside the checklist."""

from __future__ import annotations

from array import array

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from app.sending.campaigns import CampaignInfo
from app.ui.context import AppContext
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.preview_panel import PreviewPanel
from app.ui.widgets import Sheet

_SIZE = QSize(760, 700)
_MARGIN = QSize(80, 60)


class PreviewSheet(Sheet):
    def __init__(
        self,
        parent: QWidget,
        context: AppContext,
        campaign: CampaignInfo,
        around: Surroundings,
        recipients: array[int],
    ) -> None:
        super().__init__(parent, self.tr("What each person will get"))
        self.setObjectName("previewSheet")
        self.panel = PreviewPanel(context)
        self.panel.setMinimumHeight(300)
        self.panel.set_recipients(recipients)
        self.panel.set_draft(campaign, around)
        self.body.addWidget(self.panel, 1)
        self.add_buttons(self.tr("Close"), cancel="")
        self.resize(_SIZE.boundedTo(parent.window().size() - _MARGIN))
