"""The two questions about edits: what to do with unsaved ones, and whether to store a broken template."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from app.content.errors import TemplateError
from app.ui.widgets import Sheet, ask


class Leaving(Enum):
    """What the user wants to happen with unsaved edits."""

    SAVE = auto()
    DISCARD = auto()
    STAY = auto()


async def ask_before_leaving(parent: QWidget, name: str) -> Leaving:
    """Ask what becomes of the edits of the template *name*."""
    sheet = Sheet(
        parent,
        _tr("Save the changes to “{0}”?").format(name),
        _tr("Without saving, the template stays as it was."),
    )
    sheet.setObjectName("leaveTemplate")
    sheet.add_buttons(_tr("Save"), cancel=_tr("Go on editing"))
    answers = [Leaving.STAY]

    def discard() -> None:
        answers.append(Leaving.DISCARD)
        sheet.reject()

    sheet.add_quiet_button(_tr("Don’t save"), name="discard").clicked.connect(discard)
    return Leaving.SAVE if await sheet.result_of() else answers[-1]


async def ask_to_save_broken(parent: QWidget, fault: TemplateError) -> bool:
    """Ask whether to store a template that no mail can be made of."""
    return await ask(
        parent,
        title=_tr("Save it with its error?"),
        text=_tr("{0} Until this is corrected, the template cannot be sent.").format(_sentence(fault)),
        confirm=_tr("Save anyway"),
        cancel=_tr("Go on editing"),
        danger=True,
    )


def _sentence(fault: TemplateError) -> str:
    return f"{fault.title} {fault.hint}".strip()


def _tr(text: str) -> str:
    return QCoreApplication.translate("LeaveTemplate", text)
