"""“To”: everybody or chosen lists and tags, less others, and how many people that is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.audience.audience import Audience, AudienceCount
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.group_picker import Chosen, GroupPicker
from app.ui.pages.campaigns.rows import recipients_words
from app.ui.pages.campaigns.step import Step
from app.ui.pages.campaigns.words import left_out_words, people
from app.ui.theme import Space
from app.ui.widgets import IconLabel, Segmented, caption, label, link_button


class AudienceStep(Step):
    """
    Signals:
        changed: The new `Audience`.
        contacts_wanted: There is nobody yet: the user wants to import people.
    """

    changed = Signal(object)
    contacts_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("To"), "stepTo")
        self._audience = Audience()
        self._around: Surroundings | None = None
        self._scope = Segmented(
            self.tr("Who gets it"),
            [("some", self.tr("Lists and tags")), ("everyone", self.tr("Everybody"))],
        )
        self._recipients = label(wrap=True)
        self._included = GroupPicker(self.tr("Add a list or tag"), "addGroup")
        self._excluded = GroupPicker(self.tr("Leave out a list or tag"), "leaveOutGroup")
        self._except = caption(self.tr("But not"), wrap=False)
        self._total = label(role="strong")
        self._left_out = caption()
        self._import = link_button(self.tr("Add people first"), on_click=self.contacts_wanted.emit, name="addPeople")
        self._scope.chosen.connect(self._on_scope)
        self._included.changed.connect(self._on_included)
        self._excluded.changed.connect(self._on_excluded)
        for widget in (self._scope, self._recipients, self._included, self._except, self._excluded, self._count_line()):
            self.fields.addWidget(widget)

    def set_audience(self, audience: Audience, around: Surroundings) -> None:
        if audience == self._audience and around is self._around:
            return
        self._audience, self._around = audience, around
        self._scope.choose("everyone" if audience.everyone else "some")
        included = Chosen(audience.list_ids, audience.tag_ids)
        excluded = Chosen(audience.excluded_list_ids, audience.excluded_tag_ids)
        self._included.set_chosen(included, around.lists, around.tags)
        self._excluded.set_chosen(excluded, around.lists, around.tags)
        self._recipients.setText(recipients_words(audience, around.dispatches))
        self._recipients.setVisible(not audience.everyone and audience.dispatch_id is not None)
        self._included.setVisible(not audience.everyone)
        self._excluded.setVisible(bool(around.lists or around.tags) and not audience.is_empty)
        self._except.setVisible(not excluded.is_empty)

    def set_count(self, count: AudienceCount) -> None:
        if self._audience.is_empty:
            words = self.tr("Nobody chosen yet.")
        elif not count.total:
            words = self.tr("There is nobody in it.")
        else:
            words = self.tr("{0} will get it.").format(people(count.mailable))
        self._total.setText(words)
        self._left_out.setText(left_out_words(count.skipped))
        self._left_out.setVisible(bool(self._left_out.text()))
        self._import.setVisible(self._audience.everyone and not count.total)
        self.set_done(count.mailable > 0)

    def _count_line(self) -> QWidget:
        self._import.hide()
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(IconLabel("users"))
        row.addWidget(self._total)
        row.addWidget(self._left_out, 1)
        row.addWidget(self._import)
        row.addStretch(0)
        return line

    @Slot(str)
    def _on_scope(self, key: str) -> None:
        self.changed.emit(replace(self._audience, everyone=key == "everyone"))

    @Slot(object)
    def _on_included(self, chosen: Chosen) -> None:
        self.changed.emit(replace(self._audience, list_ids=chosen.list_ids, tag_ids=chosen.tag_ids))

    @Slot(object)
    def _on_excluded(self, chosen: Chosen) -> None:
        self.changed.emit(replace(self._audience, excluded_list_ids=chosen.list_ids, excluded_tag_ids=chosen.tag_ids))
