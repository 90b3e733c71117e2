"""What can be done with contacts, lists and tags: each deed told in a toast, and each can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.audience import contacts, lists, suppression, undo
from app.audience.consent import record_consent
from app.audience.contacts import MailStatus, Permission
from app.audience.lists import ListInfo, TagInfo
from app.errors import UserFacingError
from app.models.fields import BUILT_IN_FIELDS
from app.models.states import ConsentAction, SuppressionReason
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts import wording
from app.ui.theme import Kind
from app.ui.things import CONTACTS, LISTS
from app.ui.widgets import Toast, ask

_EVERYTHING = (CONTACTS, LISTS)
_ADDRESS = BUILT_IN_FIELDS[0]


class ContactDeeds(QObject):
    """All changes the page makes, off the UI thread. The page learns of them as everybody does: through `Operations`.

    Blocking is no entry in the workspace's undo log, since it outlives contacts; what takes the last one back is
    remembered here, until something else is done.
    """

    def __init__(self, workspace: Workspace, operations: Operations, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._operations = operations
        self._widget = parent
        self._serial = 0
        self._take_back_last: Callable[[], object] | None = None

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Start a deed that asks first."""
        self._operations.run(work)

    # Contacts

    def edit(
        self,
        contact_id: int,
        key: str,
        text: str,
        *,
        on_done: Callable[[], object],
        on_error: Callable[[UserFacingError], object],
    ) -> None:
        """Put what was typed into a cell. Not told in a toast: the cell itself shows it."""

        def done(_edit: contacts.Edit) -> None:
            self._count()
            on_done()

        work = partial(contacts.edit, self._workspace, contact_id, key, text)
        self._operations.run(work, success=done, on_error=on_error)

    async def delete(self, ids: Sequence[int], name: str = "") -> None:
        """Ask, naming how many or whom, and delete."""
        many = wording.contacts(len(ids))
        agreed = await ask(
            self._widget,
            title=self.tr("Delete {0}?").format(name or many),
            text=self.tr(
                "Their data, lists, tags and permissions are removed. What was sent to them stays in the reports, "
                "without a name. You can undo this."
            ),
            confirm=self.tr("Delete {0}").format(many),
            danger=True,
        )
        if agreed:
            self._run(
                partial(contacts.delete, self._workspace, ids),
                lambda number: self.tr("{0} deleted").format(wording.contacts(number)),
            )

    def block(self, ids: Sequence[int]) -> None:
        """Never mail these addresses again, until somebody here allows it."""

        def work() -> list[str]:
            addresses = self._addresses(ids)
            origin = self.tr("By hand")
            number = suppression.suppress(self._workspace, addresses, SuppressionReason.MANUAL, origin)
            newest = suppression.list_suppressions(self._workspace, reason=SuppressionReason.MANUAL, limit=number)
            return [blocked.address for blocked in newest if blocked.address] if number else []

        def done(blocked: list[str]) -> Toast:
            if not blocked:
                return Toast(self.tr("They cannot be mailed already"), Kind.INFO)
            self._count(take_back=partial(self._release, blocked))
            return self._undoable(self.tr("{0} will never be mailed again").format(wording.contacts(len(blocked))))

        self._operations.run(work, success=done, refreshes=_EVERYTHING)

    def allow(self, ids: Sequence[int]) -> None:
        """Let these addresses be mailed again, as far as that is ours to decide."""

        def work() -> int:
            suppression.release(self._workspace, self._addresses(ids))
            rows = contacts.page(self._workspace, ids, [_ADDRESS])
            return sum(row.status is MailStatus.MAILABLE for row in rows)

        def done(number: int) -> Toast:
            if number == len(ids):
                return Toast(self.tr("{0} can be mailed again").format(wording.contacts(number)))
            left = wording.contacts(len(ids) - number)
            hint = self.tr("There is no permission for them, or they withdrew it. Record a new one first.")
            return Toast(self.tr("{0} still cannot be mailed").format(left), Kind.WARNING, hint=hint)

        self._operations.run(work, success=done, refreshes=_EVERYTHING)

    def record_permission(self, ids: Sequence[int], permission: Permission, *, lift: bool = False) -> None:
        """Add evidence that these people may be mailed; with *lift*, whatever bars their address is lifted, too."""

        def work() -> int:
            if lift:
                suppression.release(self._workspace, self._addresses(ids))
            with self._workspace.write() as session:
                return record_consent(
                    session,
                    ids,
                    ConsentAction.GIVEN,
                    basis=permission.basis,
                    source=permission.source,
                    wording=permission.wording,
                )

        def done(number: int) -> Toast:
            if number:
                return Toast(self.tr("Permission recorded for {0}").format(wording.contacts(number)))
            hint = self.tr("They withdrew it themselves. Only a new consent of theirs can change that.")
            return Toast(self.tr("No permission was recorded"), Kind.WARNING, hint=hint)

        self._operations.run(work, success=done, refreshes=_EVERYTHING)

    # Lists and tags

    def add_to_list(self, group: ListInfo, ids: Sequence[int]) -> None:
        self._run(
            partial(lists.add_to_list, self._workspace, group.id, ids),
            lambda number: self.tr("{0} added to “{1}”").format(wording.contacts(number), group.name),
            nothing=self.tr("They were in “{0}” already").format(group.name),
        )

    def remove_from_list(self, group: ListInfo, ids: Sequence[int]) -> None:
        self._run(
            partial(lists.remove_from_list, self._workspace, group.id, ids),
            lambda number: self.tr("{0} removed from “{1}”").format(wording.contacts(number), group.name),
            nothing=self.tr("They were not in “{0}”").format(group.name),
        )

    def add_tag(self, group: TagInfo, ids: Sequence[int]) -> None:
        self._run(
            partial(lists.add_tag, self._workspace, group.id, ids),
            lambda number: self.tr("{0} tagged “{1}”").format(wording.contacts(number), group.name),
            nothing=self.tr("They carried “{0}” already").format(group.name),
        )

    def remove_tag(self, group: TagInfo, ids: Sequence[int]) -> None:
        self._run(
            partial(lists.remove_tag, self._workspace, group.id, ids),
            lambda number: self.tr("“{1}” taken off {0}").format(wording.contacts(number), group.name),
            nothing=self.tr("They did not carry “{0}”").format(group.name),
        )

    async def delete_list(self, group: ListInfo, over: QWidget | None = None) -> None:
        """Ask, over the window of *over*, and delete the list."""
        agreed = await ask(
            over or self._widget,
            title=self.tr("Delete the list “{0}”?").format(group.name),
            text=self.tr(
                "Its {0} stay in your contacts. Campaigns that go to this list reach nobody through it any more. "
                "You can undo this."
            ).format(wording.contacts(group.size)),
            confirm=self.tr("Delete list"),
            danger=True,
        )
        if agreed:
            self._run(
                partial(lists.delete_list, self._workspace, group.id),
                lambda _: self.tr("List “{0}” deleted").format(group.name),
            )

    def delete_tag(self, group: TagInfo) -> None:
        self._run(
            partial(lists.delete_tag, self._workspace, group.id),
            lambda _: self.tr("Tag “{0}” deleted").format(group.name),
        )

    # Undo

    def undo(self, steps: int = 1) -> None:
        """Take back what was done last; *steps* of it if one deed was several to the workspace."""
        if self._take_back_last is not None:
            take_back, self._take_back_last = self._take_back_last, None
            take_back()
            return

        def done(label: str | None) -> Toast:
            self._count()
            if label is None:
                return Toast(self.tr("There is nothing to undo"), Kind.INFO)
            return Toast(self.tr("Undone: {0}").format(label), Kind.INFO, action=self.tr("Redo"), on_action=self.redo)

        def work() -> str | None:
            return [undo.undo(self._workspace) for _ in range(steps)][-1]

        self._operations.run(work, success=done, refreshes=_EVERYTHING)

    def redo(self) -> None:
        """Do again what was taken back last."""

        def done(label: str | None) -> Toast:
            self._count()
            if label is None:
                return Toast(self.tr("There is nothing to redo"), Kind.INFO)
            return self._undoable(self.tr("Done again: {0}").format(label))

        self._operations.run(partial(undo.redo, self._workspace), success=done, refreshes=_EVERYTHING)

    def told(self, text: str, *, steps: int = 1) -> Toast:
        """The toast of a deed that was done elsewhere (in a sheet), with the button that takes it back."""
        self._count()
        return self._undoable(text, steps)

    def _run(self, work: Callable[[], int | None], told: Callable[[int], str], *, nothing: str = "") -> None:
        def done(number: int | None) -> Toast:
            if number == 0 and nothing:
                return Toast(nothing, Kind.INFO)
            return self.told(told(number or 0))

        self._operations.run(work, success=done, refreshes=_EVERYTHING)

    def _undoable(self, text: str, steps: int = 1) -> Toast:
        serial = self._serial

        def take_back() -> None:
            if serial == self._serial:
                self.undo(steps)
            else:
                hint = self.tr("Press Ctrl+Z to take back one step after the other.")
                self._operations.notified.emit(Toast(self.tr("Something else was done since"), Kind.INFO, hint=hint))

        return Toast(text, action=self.tr("Undo"), on_action=take_back)

    def _count(self, *, take_back: Callable[[], object] | None = None) -> None:
        """Something was done: an older toast's button must not take back this instead."""
        self._serial += 1
        self._take_back_last = take_back

    def _release(self, addresses: Sequence[str]) -> None:
        self._count()
        self._operations.run(
            partial(suppression.release, self._workspace, addresses),
            success=lambda number: Toast(
                self.tr("Undone: {0} can be mailed again").format(wording.contacts(number)), Kind.INFO
            ),
            refreshes=_EVERYTHING,
        )

    def _addresses(self, ids: Sequence[int]) -> list[str]:
        return [str(row.values[0]) for row in contacts.page(self._workspace, ids, [_ADDRESS])]
