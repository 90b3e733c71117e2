"""The template as a mail: made by the code that sends, seen on a desktop, on a phone, or as plain text."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout

from app.models.fields import FieldInfo
from app.ui.context import AppContext
from app.ui.pages.templates.draft import Look
from app.ui.pages.templates.person_picker import PersonPicker
from app.ui.pages.templates.text_pane import reading_pane
from app.ui.preview_view import MailView, MailWidth
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Card, EmptyState, Segmented, caption, label


class PreviewPane(Card):
    """
    Attributes:
        picker: Whom it is previewed as.
        mode: Desktop, phone or text.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(flush=True)
        self.setObjectName("templatePreview")
        self.picker = PersonPicker(context)
        self.mode = Segmented(
            self.tr("How to look at it"),
            [("desktop", self.tr("Desktop")), ("phone", self.tr("Phone")), ("text", self.tr("Plain text"))],
        )
        self.mode.chosen.connect(self._on_mode)
        self._subject = label(role="strong")
        self._subject.setObjectName("previewSubject")
        self._preheader = caption(wrap=False)
        for line in (self._subject, self._preheader):
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._banner = Banner()
        self._banner.setObjectName("previewTrouble")
        self._banner.hide()
        self.mail = MailView()
        self.text = reading_pane("previewText", self.tr("Plain text of the message"))
        self._nothing = EmptyState(
            "code",
            self.tr("No preview yet"),
            self.tr("The template has an error; once it is corrected, the mail appears here."),
            kind=Kind.WARNING,
        )
        self._body = QStackedWidget()
        for view in (self.mail, self.text, self._nothing):
            self._body.addWidget(view)
        self._html: str | None = None
        self._build()

    def clear(self) -> None:
        """Forget the template shown before."""
        self._html = None
        self._banner.hide()
        self._body.setCurrentWidget(self.mail)

    def show_look(self, look: Look, fields: tuple[FieldInfo, ...]) -> None:
        """Show the mail; while it cannot be made, keep the last one that could, and say so."""
        if look.preview is None:
            self._show_fault(look)
            return
        self._subject.setText(look.preview.subject or self.tr("No subject"))
        self._subject.setToolTip(look.preview.subject)
        self._preheader.setText(look.draft.preheader)
        self._preheader.setVisible(bool(look.draft.preheader))
        if look.preview.html != self._html:
            self._html = look.preview.html
            self.text.edit.setPlainText(look.preview.text)
            self.mail.show_html(look.preview.html)
        self._show_gaps(look.preview.missing, fields)
        self._show_body()

    def sizeHint(self) -> QSize:
        return QSize(520, 560)

    def _build(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(Space.S)
        tools.addWidget(self.mode)
        tools.addStretch(1)
        lines = QVBoxLayout()
        lines.setSpacing(0)
        lines.addWidget(self._subject)
        lines.addWidget(self._preheader)
        head = QVBoxLayout()
        head.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        head.setSpacing(Space.M)
        head.addWidget(self.picker)
        head.addLayout(tools)
        head.addLayout(lines)
        head.addWidget(self._banner)
        self.body.setSpacing(0)
        self.body.setContentsMargins(1, 0, 1, 1)
        self.body.addLayout(head)
        self.body.addWidget(_line())
        self.body.addWidget(self._body, 1)

    def _show_fault(self, look: Look) -> None:
        fault = look.fault
        self._banner.setVisible(self._html is not None)
        reason = f"{fault.title} {fault.hint}".strip() if fault else ""
        self._banner.set_message("", self.tr("You see the last version without errors."), Kind.WARNING)
        if self._html is None:
            self._nothing.set_text(self.tr("No preview yet"), reason)
            self._body.setCurrentWidget(self._nothing)

    def _show_gaps(self, missing: frozenset[str], fields: tuple[FieldInfo, ...]) -> None:
        labels = [field.label for field in fields if field.key in missing]
        names = labels + sorted(missing - {field.key for field in fields})
        self._banner.setVisible(bool(names))
        words = self.tr("{0} has no {1}; the text has a gap there.").format(self.picker.person.name, ", ".join(names))
        self._banner.set_message("", words, Kind.WARNING)

    def _show_body(self) -> None:
        self._body.setCurrentWidget(self.text if self.mode.current == "text" else self.mail)

    @Slot(str)
    def _on_mode(self, mode: str) -> None:
        if mode != "text":
            self.mail.set_width(MailWidth(mode))
        if self._html is not None:
            self._show_body()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    return line
