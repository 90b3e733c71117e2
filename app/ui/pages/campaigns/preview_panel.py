"""The draft as each of its recipients will get it: made by the code that sends, shown person by person."""

from __future__ import annotations

from array import array
from functools import partial

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from app.models.fields import FieldInfo
from app.sending.campaigns import CampaignInfo
from app.ui.context import AppContext
from app.ui.pages.campaigns.draft import PersonPreview, Surroundings, read_preview
from app.ui.pages.campaigns.words import number
from app.ui.preview_view import MailView, MailWidth
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Card, EmptyState, Segmented, caption, icon_button, label

_HTML, _TEXT, _NOTHING = range(3)


class PreviewPanel(Card):
    """Shows one person's message; the arrows go to the next.

    Attributes:
        shown: What is on the screen, None before there is a template.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(flush=True)
        self.setObjectName("previewPanel")
        self._context = context
        self._campaign: CampaignInfo | None = None
        self._around: Surroundings | None = None
        self._recipients: array[int] = array("q")
        self._index = 0
        self._request = 0
        self._was_plain = False
        self.shown: PersonPreview | None = None
        self._person = label(role="strong")
        self._place = caption(wrap=False)
        self._back = icon_button(
            "chevron-left", self.tr("Previous person"), on_click=lambda: self.step(-1), name="previousPerson"
        )
        self._next = icon_button(
            "chevron-right", self.tr("Next person"), on_click=lambda: self.step(1), name="nextPerson"
        )
        self.mode = Segmented(
            self.tr("How to look at it"),
            [("desktop", self.tr("Desktop")), ("phone", self.tr("Phone")), ("text", self.tr("Plain text"))],
        )
        self.mode.chosen.connect(self._on_mode)
        self._from = caption(wrap=False)
        self._subject = label(role="strong")
        self._subject.setObjectName("previewSubject")
        self._files = caption()
        self._files.setObjectName("previewFiles")
        self._pictures: dict[int, str] = {}
        self._gap = Banner(kind=Kind.WARNING)
        self._gap.hide()
        self.mail = MailView()
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setObjectName("previewText")
        self._text.setAccessibleName(self.tr("Plain text of the message"))
        self._text.setProperty("role", "bare")
        self._nothing = EmptyState(
            "eye", self.tr("Nothing to look at yet"), self.tr("Choose a design, and the message appears here.")
        )
        self._body = QStackedWidget()
        for page in (self.mail, self._text, self._nothing):
            self._body.addWidget(page)
        self._body.setCurrentIndex(_NOTHING)
        self._build()

    def set_draft(self, campaign: CampaignInfo, around: Surroundings) -> None:
        """Show *campaign* as it is now to the same person as before."""
        self._campaign, self._around = campaign, around
        self._reload()

    def set_recipients(self, recipients: array[int]) -> None:
        """Whom the arrows go through. Stays with the person on show if they are among them."""
        if recipients == self._recipients:
            return
        present = self._contact_id
        self._recipients = recipients
        self._index = recipients.index(present) if present is not None and present in recipients else 0
        self._reload()

    def step(self, by: int) -> None:
        if self._recipients:
            self._index = (self._index + by) % len(self._recipients)
            self._reload()

    def sizeHint(self) -> QSize:
        return QSize(440, 560)

    @property
    def _contact_id(self) -> int | None:
        return self._recipients[self._index] if self._index < len(self._recipients) else None

    def _build(self) -> None:
        for words in (self._person, self._from, self._subject):
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._person)
        names.addWidget(self._place)
        person = QHBoxLayout()
        person.setSpacing(Space.XS)
        person.addLayout(names, 1)
        person.addWidget(self._back)
        person.addWidget(self._next)
        head = QVBoxLayout()
        head.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        head.setSpacing(Space.S)
        head.addLayout(person)
        head.addWidget(self.mode, 0, Qt.AlignmentFlag.AlignLeft)
        self._envelope = QWidget()
        lines = QVBoxLayout(self._envelope)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addWidget(self._subject)
        lines.addWidget(self._from)
        head.addWidget(self._envelope)
        head.addWidget(self._files)
        head.addWidget(self._gap)
        line = _line()
        self.body.setSpacing(0)
        # Keeps the square corners of the message off the round ones of the card.
        self.body.setContentsMargins(1, 0, 1, Space.S)
        self.body.addLayout(head)
        self.body.addWidget(line)
        self.body.addWidget(self._body, 1)

    def _reload(self) -> None:
        if self._campaign is not None and self._around is not None:
            self._request += 1
            self._context.operations.run(self._load(self._request, self._campaign, self._around))

    async def _load(self, request: int, campaign: CampaignInfo, around: Surroundings) -> None:
        contact_id = self._contact_id
        made = await self._context.operations.read(
            partial(read_preview, self._context.workspace, campaign, around, contact_id, self._pictures)
        )
        if request == self._request:
            self._show(made, around, is_example=contact_id is None)

    def _show(self, made: PersonPreview | None, around: Surroundings, *, is_example: bool) -> None:
        same = (
            made is not None
            and self.shown is not None
            and (made.preview, made.html) == (self.shown.preview, self.shown.html)
        )
        self.shown = made
        for button in (self._back, self._next):
            button.setEnabled(len(self._recipients) > 1)
        self._person.setText(made.name or made.address if made else self.tr("Preview"))
        self._person.setToolTip(made.address if made else "")
        self._place.setText(self._place_words(is_example=is_example) if made else "")
        preview = made.preview if made else None
        for arrow in (self._back, self._next):
            arrow.setVisible(preview is not None)
        self._envelope.setVisible(preview is not None)
        self.mode.setVisible(preview is not None)
        self._subject.setText(preview.subject if preview else "")
        self._subject.setToolTip(preview.subject if preview else "")
        identity = around.identity(self._campaign.identity_id) if self._campaign else None
        sender = (identity.name or identity.address) if identity and preview else ""
        self._from.setText(self.tr("from {0}").format(sender) if sender else "")
        names = made.files if made is not None and preview is not None else ()
        self._files.setText(self.tr("Attached: {0}").format(", ".join(names)))
        self._files.setVisible(bool(names))
        self._show_gaps(preview.missing if preview else frozenset(), around.fields)
        if made is None or preview is None:
            trouble = made.trouble if made else ""
            self._nothing.set_text(
                self.tr("This message cannot be made") if trouble else self.tr("Nothing to look at yet"),
                trouble or self.tr("Choose a design, and the message appears here."),
            )
            self._body.setCurrentIndex(_NOTHING)
            return
        has_design = bool(preview.html)
        for mode in ("desktop", "phone"):
            self.mode.set_shown(mode, has_design)
        if not has_design:
            self.mode.choose("text")
        elif self._was_plain:
            self.mode.choose("desktop")
        self._was_plain = not has_design
        if not same:
            self._text.setPlainText(preview.text)
            if has_design:
                self.mail.show_html(made.html)
        self._body.setCurrentIndex(_TEXT if self.mode.current == "text" else _HTML)

    def _place_words(self, *, is_example: bool) -> str:
        if is_example:
            return self.tr("an example, as nobody is chosen yet")
        return self.tr("{0} of {1}").format(number(self._index + 1), number(len(self._recipients)))

    def _show_gaps(self, missing: frozenset[str], fields: tuple[FieldInfo, ...]) -> None:
        names = [field.label for field in fields if field.key in missing]
        self._gap.setVisible(bool(names))
        self._gap.set_message("", self.tr("This person has no {0}.").format(", ".join(names)), Kind.WARNING)

    @Slot(str)
    def _on_mode(self, mode: str) -> None:
        if mode != "text":
            self.mail.set_width(MailWidth(mode))
        if self.shown is not None and self.shown.preview is not None:
            self._body.setCurrentIndex(_TEXT if mode == "text" else _HTML)


def _line() -> QWidget:
    from PySide6.QtWidgets import QFrame

    line = QFrame()
    line.setProperty("role", "line")
    return line
