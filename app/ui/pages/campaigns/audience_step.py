"""“To”: everybody or chosen lists and tags, less others, and how many people that is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from app.audience.audience import Audience, AudienceCount
from app.audience.groups import GroupInfo
from app.ui.pages.campaigns.chips import Chips
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.step import Step
from app.ui.pages.campaigns.words import left_out_words, number, people
from app.ui.theme import Space, icon
from app.ui.widgets import IconLabel, Segmented, caption, label, link_button, quiet_button

# A chip's key: the audience's attribute it stands in, and the id of the list or tag.
_Member = tuple[str, int]


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
        self._scope.chosen.connect(self._on_scope)
        self._add = self._menu_button(self.tr("Add a list or tag"), "addGroup")
        self._leave_out = self._menu_button(self.tr("Leave out a list or tag"), "leaveOutGroup")
        self._included = Chips(self._add)
        self._excluded = Chips(self._leave_out)
        for chips in (self._included, self._excluded):
            chips.removed.connect(self._on_removed)
        self._except = caption(self.tr("But not"), wrap=False)
        self._total = label(role="strong")
        self._total.setObjectName("mailable")
        self._left_out = caption()
        self._left_out.setObjectName("leftOut")
        self._import = link_button(self.tr("Add people first"), on_click=self.contacts_wanted.emit, name="addPeople")
        self._import.hide()
        self.fields.addWidget(self._scope)
        self.fields.addWidget(self._included)
        self.fields.addWidget(self._except)
        self.fields.addWidget(self._excluded)
        self.fields.addWidget(self._count_line())

    def set_audience(self, audience: Audience, around: Surroundings) -> None:
        if audience == self._audience and around is self._around:
            return
        self._audience, self._around = audience, around
        self._scope.choose("everyone" if audience.everyone else "some")
        self._included.setVisible(not audience.everyone)
        self._included.set_chips(self._chips("list_ids", "tag_ids"))
        self._excluded.set_chips(self._chips("excluded_list_ids", "excluded_tag_ids"))
        has_groups = bool(around.lists or around.tags)
        self._except.setVisible(bool(self._excluded.texts))
        self._excluded.setVisible(has_groups and not audience.is_empty)
        self._fill_menu(self._add, "list_ids", "tag_ids")
        self._fill_menu(self._leave_out, "excluded_list_ids", "excluded_tag_ids")

    def set_count(self, count: AudienceCount) -> None:
        if self._audience.is_empty:
            self._total.setText(self.tr("Nobody chosen yet."))
            self._left_out.setText("")
        elif not count.total:
            self._total.setText(self.tr("There is nobody in it."))
            self._left_out.setText("")
        else:
            self._total.setText(self.tr("{0} will get it.").format(people(count.mailable)))
            self._left_out.setText(left_out_words(count.skipped))
        self._left_out.setVisible(bool(self._left_out.text()))
        self._import.setVisible(self._audience.everyone and not count.total)
        self.set_done(count.mailable > 0)

    def _count_line(self) -> QWidget:
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

    def _menu_button(self, text: str, name: str) -> QPushButton:
        button = quiet_button(text, "plus", name=name)
        button.setMenu(QMenu(button))
        return button

    def _fill_menu(self, button: QPushButton, lists: str, tags: str) -> None:
        if self._around is None:
            return
        menu = button.menu()
        menu.clear()
        for attribute, groups, picture in ((lists, self._around.lists, "list"), (tags, self._around.tags, "tag")):
            chosen: frozenset[int] = getattr(self._audience, attribute)
            for group in groups:
                if group.id not in chosen:
                    words = f"{group.name}\t{number(group.mailable)}"
                    menu.addAction(icon(picture, "muted"), words, partial(self._put, attribute, group.id))
        if menu.isEmpty():
            nothing = (
                self.tr("There are no more lists or tags")
                if chosen_any(self._audience)
                else self.tr("There are no lists or tags yet")
            )
            menu.addAction(nothing).setEnabled(False)

    def _chips(self, lists: str, tags: str) -> list[tuple[_Member, str]]:
        if self._around is None:
            return []
        return [*self._chips_of(lists, self._around.lists), *self._chips_of(tags, self._around.tags)]

    def _chips_of(self, attribute: str, groups: tuple[GroupInfo, ...]) -> list[tuple[_Member, str]]:
        names = {group.id: group.name for group in groups}
        chosen: frozenset[int] = getattr(self._audience, attribute)
        return [((attribute, one), names.get(one, self.tr("a deleted list"))) for one in sorted(chosen)]

    @Slot(str)
    def _on_scope(self, key: str) -> None:
        self._change(replace(self._audience, everyone=key == "everyone"))

    @Slot(object)
    def _on_removed(self, member: _Member) -> None:
        attribute, group_id = member
        chosen: frozenset[int] = getattr(self._audience, attribute)
        self._change(_with(self._audience, attribute, chosen - {group_id}))

    def _put(self, attribute: str, group_id: int) -> None:
        chosen: frozenset[int] = getattr(self._audience, attribute)
        self._change(_with(self._audience, attribute, chosen | {group_id}))

    def _change(self, audience: Audience) -> None:
        if self._around is not None:
            self.set_audience(audience, self._around)
        self.changed.emit(audience)


def _with(audience: Audience, attribute: str, members: frozenset[int]) -> Audience:
    match attribute:
        case "list_ids":
            return replace(audience, list_ids=members)
        case "tag_ids":
            return replace(audience, tag_ids=members)
        case "excluded_list_ids":
            return replace(audience, excluded_list_ids=members)
        case "excluded_tag_ids":
            return replace(audience, excluded_tag_ids=members)
    raise ValueError(f"an audience has no {attribute}")


def chosen_any(audience: Audience) -> bool:
    return bool(audience.list_ids or audience.tag_ids or audience.excluded_list_ids or audience.excluded_tag_ids)
