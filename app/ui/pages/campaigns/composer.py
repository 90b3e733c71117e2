"""A draft on one page that reads like a checklist, with the finished message beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import shiboken6
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.models.states import AccountKind
from app.sending.campaigns import CampaignInfo, change_campaign, get_campaign, launch, routes_with_sender, set_routes
from app.sending.outlook import outlook_of_draft
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.audience_step import AudienceStep
from app.ui.pages.campaigns.autosave import Autosave
from app.ui.pages.campaigns.content_step import ContentStep
from app.ui.pages.campaigns.draft import Check, Surroundings, read_check, read_surroundings
from app.ui.pages.campaigns.draft_files import DraftFiles
from app.ui.pages.campaigns.findings import Findings
from app.ui.pages.campaigns.gallery import TemplateGallery
from app.ui.pages.campaigns.more.step import MoreStep
from app.ui.pages.campaigns.outlook_words import takes_words
from app.ui.pages.campaigns.preview_panel import PreviewPanel
from app.ui.pages.campaigns.preview_sheet import PreviewSheet
from app.ui.pages.campaigns.send_sheet import SendSheet
from app.ui.pages.campaigns.small_steps import NameStep, SenderStep, SubjectStep
from app.ui.pages.campaigns.step import Step
from app.ui.pages.campaigns.view import View
from app.ui.theme import Space
from app.ui.widgets import primary_button, secondary_button

_CHECK_PAUSE_MS = 250
_SIDE_BY_SIDE = 860


class Composer(View):
    """
    Signals:
        launched: The id of the campaign that is on its way now.
    """

    launched = Signal(int)

    watches: ClassVar[frozenset[str]] = frozenset(
        {things.CONTACTS, things.LISTS, things.TEMPLATES, things.ACCOUNTS, things.ORGANISATION}
    )

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._campaign_id = 0
        self._campaign: CampaignInfo | None = None
        self._around: Surroundings | None = None
        self._check: Check | None = None
        self.autosave = Autosave(context.operations, self)
        self.autosave.saved.connect(self._on_saved)
        self.autosave.failed.connect(context.operations.failed)
        self.name_step = NameStep()
        self.audience_step = AudienceStep()
        self.sender_step = SenderStep()
        self.subject_step = SubjectStep()
        self.content_step = ContentStep()
        self.steps: tuple[Step, ...] = (
            self.name_step,
            self.audience_step,
            self.sender_step,
            self.subject_step,
            self.content_step,
        )
        self.more = MoreStep()
        self.files = DraftFiles(
            context, self.more, lambda: self._campaign_id, lambda: context.operations.run(self.load())
        )
        self.findings = Findings()
        self.preview = PreviewPanel(context)
        self._recheck = QTimer(self, interval=_CHECK_PAUSE_MS, singleShot=True)
        self._recheck.timeout.connect(self._start_check)
        self._checks = 0
        self._wants_gallery = False
        self._build()
        self._connect()

    # What the page calls

    def set_campaign(self, campaign_id: int) -> None:
        """Which draft the next `load` shows."""
        if campaign_id != self._campaign_id:
            self._campaign = None
        self._campaign_id = campaign_id
        self.autosave.begin(partial(_save, self.context, campaign_id))

    def open_gallery_when_loaded(self) -> None:
        """The next `load` ends with the choice of a design."""
        self._wants_gallery = True

    async def load(self) -> None:
        workspace, operations = self.context.workspace, self.context.operations
        await self.autosave.settle()
        campaign = await operations.read(partial(get_campaign, workspace, self._campaign_id))
        self._around = await operations.read(partial(read_surroundings, workspace))
        self._campaign = campaign
        self.subject_step.set_fields(self._around)
        if campaign.identity_id is None and self._around.identities:
            self._edit(identity_id=self._around.identities[0].id)
        self._show_draft()
        await self._run_check()
        if self._wants_gallery:
            self._wants_gallery = False
            self._on_gallery()
        elif not campaign.name:
            self.name_step.field.setFocus()

    def leave(self) -> None:
        self._recheck.stop()
        self.autosave.flush()

    # Building

    def _build(self) -> None:
        self.add_way_back()
        self._look = secondary_button(self.tr("Preview"), "eye", on_click=self._on_preview, name="openPreview")
        self.send = primary_button(self.tr("Send …"), "send", on_click=self._on_send, name="send")
        self.header.add_action(self._look)
        self.header.add_action(self.send)
        checklist = QWidget()
        checklist.setProperty("role", "scrolled")
        column = QVBoxLayout(checklist)
        column.setContentsMargins(0, 0, Space.S, 0)
        column.setSpacing(Space.M)
        for step in self.steps:
            column.addWidget(step)
        column.addWidget(self.more)
        column.addWidget(self.findings)
        column.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(checklist)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(area, 11)
        row.addWidget(self.preview, 10)
        self.column.addLayout(row, 1)

    def _connect(self) -> None:
        self.name_step.changed.connect(lambda text: self._edit(name=text))
        self.audience_step.changed.connect(lambda audience: self._edit(audience=audience))
        self.sender_step.changed.connect(self._on_sender)
        self.more.changed.connect(lambda changes: self._edit(**changes))
        self.subject_step.subject_changed.connect(lambda text: self._edit(subject=text))
        self.subject_step.preheader_changed.connect(lambda text: self._edit(preheader=text))
        self.content_step.gallery_wanted.connect(self._on_gallery)
        self.content_step.edit_wanted.connect(self._on_edit_template)
        self.sender_step.accounts_wanted.connect(lambda: self.context.show_page("accounts"))
        self.audience_step.contacts_wanted.connect(lambda: self.context.show_page("contacts"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        side_by_side = event.size().width() >= _SIDE_BY_SIDE
        self.preview.setVisible(side_by_side)
        self._look.setVisible(not side_by_side)
        super().resizeEvent(event)

    # Editing

    def _edit(self, **changes: Any) -> None:
        """Change the draft on the screen now, in the workspace soon."""
        if self._campaign is None:
            return
        self._campaign = replace(self._campaign, **changes)
        self.autosave.touch(**changes)
        self._show_draft()
        self._recheck.start()

    def _show_draft(self) -> None:
        campaign, around = self._campaign, self._around
        if campaign is None or around is None:
            return
        self.header.set_title(campaign.name.strip() or self.tr("New campaign"))
        self.name_step.set_name(campaign.name)
        self.audience_step.set_audience(campaign.audience, around)
        self.sender_step.set_sender(campaign.identity_id, around)
        self.subject_step.set_texts(campaign.subject, campaign.preheader)
        self.content_step.set_template(around.template(campaign.template_id))
        self.more.show_draft(campaign, around)
        self._show_progress()

    def _show_progress(self) -> None:
        left = [step.title for step in self.steps if not step.is_done]
        blocked = self._check is not None and self._check.has_blocker
        self.send.setEnabled(not left and not blocked)
        if left:
            self.header.set_subtitle(self.tr("Still to do: {0}").format(", ".join(left)))
        elif blocked:
            self.header.set_subtitle(self.tr("Something must be corrected before this can be sent."))
        elif self._check is not None and self._check.warnings:
            self.header.set_subtitle(self.tr("Ready to send. Look at the warnings at the end first."))
        else:
            takes = takes_words(self._check.outlook) if self._check is not None else ""
            self.header.set_subtitle(self.tr("Ready to send. {0}").format(takes or self.tr("Saved as a draft.")))

    @Slot()
    def _start_check(self) -> None:
        self.context.operations.run(self._run_check())

    async def _run_check(self) -> None:
        campaign, around = self._campaign, self._around
        if campaign is None or around is None:
            return
        self._checks += 1
        number = self._checks
        self.preview.set_draft(campaign, around)
        check = await self.context.operations.read(partial(read_check, self.context.workspace, campaign, around))
        if number != self._checks:
            return
        self._check = check
        self.audience_step.set_count(check.count)
        self.findings.set_findings(check.findings)
        self.more.set_files(check.files, check.personal)
        self.preview.set_recipients(check.recipients)
        self._show_progress()

    @Slot()
    def _on_saved(self) -> None:
        self.context.operations.announce(things.CAMPAIGNS)

    # Choosing and sending

    def _on_gallery(self) -> None:
        self.context.operations.run(self._choose_template())

    async def _choose_template(self) -> None:
        if self._campaign is None or self._around is None:
            return
        chosen = await TemplateGallery(self, self.context, self._around, self._campaign.template_id).choose()
        if chosen is None:
            return
        changes: dict[str, object] = {"template_id": chosen.id}
        if not self._campaign.subject.strip():
            changes |= {"subject": chosen.subject, "preheader": chosen.preheader}
        self._edit(**changes)
        if not self._campaign.name.strip():
            self.name_step.field.setFocus()

    @Slot(int)
    def _on_sender(self, identity_id: int) -> None:
        campaign, around = self._campaign, self._around
        if campaign is None or around is None:
            return
        changes: dict[str, object] = {"identity_id": identity_id}
        if campaign.routes:
            practice = {one.id for one in around.identities if one.account_kind is AccountKind.PRACTICE}
            changes["routes"] = routes_with_sender(campaign.routes, campaign.identity_id, identity_id, practice)
        self._edit(**changes)

    def _on_edit_template(self) -> None:
        if self._campaign is not None:
            self.context.show_page("templates", template=self._campaign.template_id)

    def _on_preview(self) -> None:
        if self._campaign is not None and self._around is not None and self._check is not None:
            PreviewSheet(self, self.context, self._campaign, self._around, self._check.recipients).open()

    def _on_send(self) -> None:
        self.context.operations.run(self._send(), busy=self.send)

    async def _send(self) -> None:
        await self.autosave.settle()
        await self._run_check()
        campaign, around, check = self._campaign, self._around, self._check
        if campaign is None or around is None or check is None or check.has_blocker:
            return
        own_first = sorted(campaign.shares, key=lambda identity_id: identity_id != campaign.identity_id)
        senders = [one for identity_id in own_first if (one := around.identity(identity_id)) is not None]
        sheet = SendSheet(
            self, campaign, check.count, senders, subject=self._subject_as_read(campaign), warnings=check.warnings
        )
        sheet.set_outlook(takes_words(check.outlook))
        sheet.time_chosen.connect(lambda at: self.context.operations.run(self._look_ahead(sheet, campaign, check, at)))
        if not await sheet.result_of():
            return
        start: Callable[[], int] = partial(launch, self.context.workspace, campaign.id, at=sheet.at)
        await self.context.operations.write(start)
        self.context.operations.announce(things.CAMPAIGNS, things.SENDING)
        self.launched.emit(campaign.id)

    async def _look_ahead(self, sheet: SendSheet, campaign: CampaignInfo, check: Check, at: datetime | None) -> None:
        """Say in *sheet* how long it takes if it begins at *at*."""
        look = partial(outlook_of_draft, self.context.workspace, campaign, check.count.mailable, at=at)
        outlook = await self.context.operations.read(look)
        if shiboken6.isValid(sheet) and sheet.at == at:
            sheet.set_outlook(takes_words(outlook))

    def _subject_as_read(self, campaign: CampaignInfo) -> str:
        """The subject filled in for the person on show; no one should have to read merge tags."""
        shown = self.preview.shown.preview if self.preview.shown else None
        return shown.subject if shown else campaign.subject


def _save(context: AppContext, campaign_id: int, changes: dict[str, Any]) -> None:
    routes: Mapping[int, int] | None = changes.pop("routes", None)
    if changes:
        change_campaign(context.workspace, campaign_id, **changes)
    if routes is not None:
        set_routes(context.workspace, campaign_id, routes)
