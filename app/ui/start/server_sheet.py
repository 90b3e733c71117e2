"""Asks where a team's workspace is, and connects to it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.start.server_address import ServerAddress
from app.ui.start.server_fields import ServerFields
from app.ui.start.waiting_sheet import Waiting
from app.ui.widgets import FormField, Sheet, caption

if TYPE_CHECKING:
    from app.models.location import ServerLocation
    from app.models.server_content import Content


class ServerSheet(Sheet):
    """Closes as accepted once a server let the user in; until then it says at the inputs what is wrong.

    Attributes:
        location: The database, once the sheet is accepted.
        content: What is in it.
    """

    location: ServerLocation
    content: Content

    def __init__(self, parent: QWidget, operations: Operations, address: ServerAddress, *, is_kept: bool) -> None:
        super().__init__(
            parent,
            self.tr("Connect to a team’s workspace"),
            self.tr(
                "A team’s workspace lies in a PostgreSQL database, so that several of you can work in it at once. Ask "
                "whoever runs your server for what belongs here."
            ),
        )
        self.setObjectName("teamWorkspace")
        self._operations = operations
        self._attempt: asyncio.Task[None] | None = None
        self._fields = ServerFields(is_kept=is_kept)
        self._fields.show_address(address)
        self.body.addWidget(self._fields)
        self._detail = caption()
        self._detail.setObjectName("detail")
        self._detail.hide()
        self._fields.edited.connect(self._detail.hide)
        self.body.addWidget(self._detail)
        self._progress = Waiting()
        self._progress.setObjectName("connecting")
        self._progress.hide()
        self.body.addWidget(self._progress)
        self.add_buttons(self.tr("Connect"), cancel=self.tr("Back"))
        self._fields.server.field.setFocus()
        self.setMinimumWidth(560)

    def accept(self) -> None:
        if self._attempt is not None:
            return
        self._detail.hide()
        address = self._fields.entered()
        if address is not None:
            try:
                self._begin(address, address.location())
            except UserFacingError as error:
                self._fields.show_error(self._fields.server, str(error))
        self.fit()

    def reject(self) -> None:
        """While it connects, that is what is given up; the sheet stays."""
        if self._attempt is None:
            super().reject()
            return
        self._attempt.cancel()
        self._end()
        self._fields.server.field.setFocus()

    async def result_of(self) -> bool:
        try:
            return await super().result_of()
        except asyncio.CancelledError:
            self.done(Sheet.DialogCode.Rejected)
            raise

    def done(self, result: int) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
        super().done(result)

    def _begin(self, address: ServerAddress, location: ServerLocation) -> None:
        self._progress.set_text(self.tr("Connecting to {0} …").format(address.server))
        self._progress.show()
        self._fields.setEnabled(False)
        self.confirm_button.setEnabled(False)
        self.cancel_button.setText(self.tr("Stop"))
        self.cancel_button.setFocus()
        self._attempt = self._operations.run(self._connect(location), on_error=self._on_failed)

    async def _connect(self, location: ServerLocation) -> None:
        from app.models.server_content import content_of

        self.content = await self._operations.read(partial(content_of, location))
        self.location = location
        self._attempt = None
        super().accept()

    def _end(self) -> None:
        self._attempt = None
        self._progress.hide()
        self._fields.setEnabled(True)
        self.confirm_button.setEnabled(True)
        self.cancel_button.setText(self.tr("Back"))

    def _on_failed(self, error: UserFacingError) -> None:
        self._end()
        self._detail.setText(error.detail)
        self._detail.setVisible(bool(error.detail))
        self._fields.show_error(self._row_of(error), str(error))
        self.fit()

    def _row_of(self, error: UserFacingError) -> FormField:
        """Where *error* has its cause, as far as it is known."""
        from app.models.database import NoDatabase, NotLetIn, WorkspaceUnavailable
        from app.models.location import UnsafeConnection

        if isinstance(error, NotLetIn):
            return self._fields.password
        if isinstance(error, WorkspaceUnavailable | UnsafeConnection) and not isinstance(error, NoDatabase):
            return self._fields.server
        return self._fields.database
