"""The panel beside the grid: one contact in full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.audience import contacts
from app.audience.cells import CellValue
from app.audience.contacts import ContactDetail, MailStatus
from app.audience.fields import list_fields
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.elided import ElidedLabel
from app.ui.pages.contacts.panel_fields import FieldForm
from app.ui.pages.contacts.panel_groups import GroupRows
from app.ui.pages.contacts.panel_history import HistoryView
from app.ui.theme import Space
from app.ui.widgets import Pill, Segmented, caption, icon_button, link_button, muted

PANEL_WIDTH = 332

Save = Callable[[int, str, str, Callable[[UserFacingError], object]], object]


class ContactPanel(QFrame):
    """
    Signals:
        closed: The user closed the panel.
        block_asked, allow_asked, permission_asked: The user wants this for the contact on show.
        join_list_asked, join_tag_asked: A menu of lists or tags is wanted at the button given.
        leave_list_asked, leave_tag_asked: The contact is to leave the group with this id.
    """

    closed = Signal()
    block_asked = Signal()
    allow_asked = Signal()
    permission_asked = Signal()
    join_list_asked = Signal(object)
    join_tag_asked = Signal(object)
    leave_list_asked = Signal(int)
    leave_tag_asked = Signal(int)

    def __init__(self, workspace: Workspace, operations: Operations, save: Save, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contactPanel")
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Contact"))
        self.setFixedWidth(PANEL_WIDTH)
        self._workspace = workspace
        self._operations = operations
        self._save = save
        self._contact_id: int | None = None
        self._shown: ContactDetail | None = None
        self._reading: asyncio.Task[None] | None = None
        self._nobody = muted(self.tr("Select a row to see everything about a person, and to change it."))
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nobody.setContentsMargins(Space.PAGE, 0, Space.PAGE, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nobody)
        self._stack.addWidget(self._build_person())
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self._stack)

    @property
    def contact_id(self) -> int | None:
        return self._contact_id

    @property
    def name(self) -> str:
        """What the person on show is called."""
        return self._name.text()

    @property
    def detail(self) -> ContactDetail | None:
        """What is on show."""
        return self._shown

    def show_contact(self, contact_id: int | None) -> None:
        """Read this contact and show it; the one before stays in sight until then."""
        self._contact_id = contact_id
        if self._reading is not None:
            self._reading.cancel()
        if contact_id is None:
            self._shown = None
            self._stack.setCurrentIndex(0)
        else:
            self._reading = self._operations.run(self._read(contact_id), on_error=lambda _: self.show_contact(None))

    def reload(self) -> None:
        self.show_contact(self._contact_id)

    def show_history(self, history: bool) -> None:
        self._view.choose("history" if history else "details")
        self._on_view("history" if history else "details")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    async def _read(self, contact_id: int) -> None:
        fields, detail = await self._operations.read(
            lambda: (list_fields(self._workspace), contacts.get(self._workspace, contact_id))
        )
        self._show(fields, detail)

    def _show(self, fields: tuple[FieldInfo, ...], detail: ContactDetail) -> None:
        is_same = self._shown is not None and self._shown.id == detail.id
        self._shown = detail
        self._name.setText(full_name(detail.values))
        self._address.setText(str(detail.values["email"]))
        look = wording.status_look(detail.status)
        self._status.set(look)
        reason = wording.status_reason(detail.status)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._block.setVisible(detail.status in (MailStatus.MAILABLE, MailStatus.NO_PERMISSION))
        self._allow.setVisible(detail.status in (MailStatus.BLOCKED, MailStatus.BOUNCED))
        self._permit.setVisible(
            detail.status in (MailStatus.NO_PERMISSION, MailStatus.UNSUBSCRIBED, MailStatus.COMPLAINED)
        )
        self._lists.show_groups(detail.lists)
        self._tags.show_groups(detail.tags)
        self._fields.show_values(fields, detail.values, is_same_contact=is_same)
        self._history.show_detail(detail)
        self._stack.setCurrentIndex(1)
        if not is_same:
            self._scroll.verticalScrollBar().setValue(0)

    def _build_person(self) -> QWidget:
        self._name = ElidedLabel(role="heading")
        self._address = ElidedLabel(role="muted")
        close = icon_button("x", self.tr("Close the panel"), on_click=self.closed.emit, name="closePanel", small=True)
        title = QHBoxLayout()
        title.addWidget(self._name, 1)
        title.addWidget(close)
        self._status = Pill()
        self._status.setObjectName("panelStatus")
        self._reason = caption()
        self._block = link_button(self.tr("Never mail again"), on_click=self.block_asked.emit, name="panelBlock")
        self._allow = link_button(self.tr("Allow mail again"), on_click=self.allow_asked.emit, name="panelAllow")
        self._permit = link_button(
            self.tr("Record a permission"), on_click=self.permission_asked.emit, name="panelPermission"
        )
        links = QHBoxLayout()
        links.setSpacing(Space.M)
        for link in (self._permit, self._allow, self._block):
            links.addWidget(link)
        links.addStretch(1)
        self._view = Segmented(
            self.tr("What to show"), [("details", self.tr("Details")), ("history", self.tr("History"))]
        )
        self._view.chosen.connect(self._on_view)
        head = QVBoxLayout()
        head.setContentsMargins(Space.L, Space.M, Space.M, Space.S)
        head.setSpacing(Space.XS)
        head.addLayout(title)
        head.addWidget(self._address)
        head.addSpacing(Space.XS)
        head.addWidget(self._status)
        head.addWidget(self._reason)
        head.addLayout(links)
        head.addSpacing(Space.S)
        head.addWidget(self._view, 0, Qt.AlignmentFlag.AlignLeading)
        self._history = HistoryView()
        self._pages = QStackedWidget()
        self._details = self._build_details()
        self._pages.addWidget(self._details)
        self._pages.addWidget(self._history)
        self._scroll = _scroll_area(self._pages)
        person = QWidget()
        column = QVBoxLayout(person)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        return person

    def _build_details(self) -> QWidget:
        self._lists = GroupRows(
            self.tr("Lists"),
            "list",
            add=self.tr("Add to a list"),
            leave=self.tr("Remove from “{0}”"),
            name="panelAddList",
        )
        self._lists.join_asked.connect(self.join_list_asked)
        self._lists.leave_asked.connect(self.leave_list_asked)
        self._tags = GroupRows(
            self.tr("Tags"), "tag", add=self.tr("Add a tag"), leave=self.tr("Take “{0}” off"), name="panelAddTag"
        )
        self._tags.join_asked.connect(self.join_tag_asked)
        self._tags.leave_asked.connect(self.leave_tag_asked)
        self._fields = FieldForm(self._on_field)
        details = QWidget()
        column = QVBoxLayout(details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self._lists)
        column.addSpacing(Space.S)
        column.addWidget(self._tags)
        column.addSpacing(Space.M)
        column.addWidget(self._fields)
        column.addStretch(1)
        return details

    def _on_view(self, key: str) -> None:
        self._pages.setCurrentWidget(self._history if key == "history" else self._details)
        # The taller of two stacked pages must not lend its scroll bar to the other.
        for view in (self._details, self._history):
            policy = QSizePolicy.Policy.Preferred if view is self._pages.currentWidget() else QSizePolicy.Policy.Ignored
            view.setSizePolicy(QSizePolicy.Policy.Preferred, policy)
        self._scroll.verticalScrollBar().setValue(0)

    def _on_field(self, key: str, text: str, on_error: Callable[[UserFacingError], object]) -> None:
        if self._shown is not None:
            self._save(self._shown.id, key, text, on_error)


def full_name(values: dict[str, CellValue]) -> str:
    """What a person is called: the name, else the company, else what stands before the @."""
    name = " ".join(str(values[key]) for key in ("first_name", "last_name") if values.get(key))
    return name or str(values.get("company") or "") or str(values["email"]).partition("@")[0]


def _scroll_area(content: QWidget) -> QScrollArea:
    inside = QWidget()
    inside.setProperty("role", "scrolled")
    column = QVBoxLayout(inside)
    column.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
    column.addWidget(content)
    column.addStretch(1)
    area = QScrollArea(widgetResizable=True)
    area.setWidget(inside)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
