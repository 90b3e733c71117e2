"""The first five minutes: four steps from an empty workspace to a report, ticked by what is really there."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.pages.home.state import HomeState
from app.ui.theme import Kind, Space
from app.ui.widgets import Card, IconLabel, link_button, muted, primary_button, secondary_button, strong

IMPORT, SAMPLE, DESIGN, SEND, REPORT = "import", "sample", "design", "send", "report"


class FirstSteps(Card):
    """
    Signals:
        wanted: The deed of a button: one of the module's constants.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Your first five minutes"), self.tr("Nothing of this leaves your computer"))
        self.setObjectName("firstSteps")
        self._steps = (
            _Step(
                self.tr("Bring your people in"),
                self.tr("Open a spreadsheet; you see what will happen before anything is changed."),
                [(IMPORT, self.tr("Import a spreadsheet")), (SAMPLE, self.tr("Use sample people"))],
            ),
            _Step(
                self.tr("Choose a design"),
                self.tr("Six to start from. You can change every word."),
                [(DESIGN, self.tr("Choose a design"))],
            ),
            _Step(
                self.tr("Send a practice campaign"),
                self.tr("It goes to the practice inbox and nowhere else: nothing leaves this computer."),
                [(SEND, self.tr("Finish and send"))],
            ),
            _Step(
                self.tr("See what became of it"),
                self.tr("Who got it, who did not, and why."),
                [(REPORT, self.tr("Open the report"))],
            ),
        )
        self.body.setSpacing(0)
        self.body.setContentsMargins(Space.L, 0, Space.L, Space.XS)
        for number, step in enumerate(self._steps):
            step.wanted.connect(self.wanted)
            if number:
                line = QFrame()
                line.setProperty("role", "line")
                self.body.addWidget(line)
            self.body.addWidget(step)

    def set_state(self, state: HomeState, *, report_seen: bool) -> None:
        """Tick what is done, and offer the first step that is not."""
        done = (
            state.has_people,
            state.has_chosen_design,
            state.sent is not None,
            state.sent is not None and report_seen,
        )
        first = next((number for number, is_done in enumerate(done) if not is_done), None)
        possible = (True, True, state.draft is not None, state.sent is not None)
        for number, (step, is_done) in enumerate(zip(self._steps, done, strict=True)):
            step.set_state(is_done=is_done, is_next=number == first, is_possible=possible[number])

    @property
    def done(self) -> list[bool]:
        return [step.is_done for step in self._steps]


class _Step(QWidget):
    wanted = Signal(str)

    def __init__(self, title: str, text: str, deeds: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self.is_done = False
        self._mark = IconLabel("circle", size=20)
        self._words = strong(title)
        self._text = muted(text, wrap=True)
        self._primary = primary_button(deeds[0][1], name=f"{deeds[0][0]}Step")
        self._plain = secondary_button(deeds[0][1], name=f"{deeds[0][0]}StepPlain")
        self._others = [link_button(words, name=f"{deed}Step") for deed, words in deeds[1:]]
        buttons: list[tuple[QPushButton, str]] = [(self._primary, deeds[0][0]), (self._plain, deeds[0][0])]
        buttons += [(button, deed) for button, (deed, _) in zip(self._others, deeds[1:], strict=True)]
        for button, deed in buttons:
            button.clicked.connect(lambda _checked=False, deed=deed: self.wanted.emit(deed))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._words)
        words.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, Space.M, 0, Space.M)
        row.setSpacing(Space.M)
        row.addWidget(self._mark)
        row.addLayout(words, 1)
        for button in (*self._others, self._plain, self._primary):
            row.addWidget(button)

    def set_state(self, *, is_done: bool, is_next: bool, is_possible: bool) -> None:
        self.is_done = is_done
        self._mark.set_icon("circle-check" if is_done else "circle", Kind.GOOD if is_done else Kind.NEUTRAL)
        self._text.setVisible(not is_done)
        self._primary.setVisible(is_next)
        for button in (self._primary, self._plain):
            button.setEnabled(is_possible)
        self._plain.setVisible(not is_next and not is_done)
        for button in self._others:
            button.setVisible(not is_done)
        self.setAccessibleName(self.tr("{0}: done").format(self._title) if is_done else self._title)
