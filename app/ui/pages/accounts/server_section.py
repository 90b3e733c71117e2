"""How the account gets to its server: who one is there, which of its servers, and a test of all that."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.models.states import AccountKind, SignIn, TlsMode
from app.models.workspace import Workspace
from app.sending.oauth_providers import oauth_provider
from app.sending.presets import Preset, PresetGroup, guess_preset, preset, preset_of_server
from app.ui.operations import Operations
from app.ui.pages.accounts.browser_sign_in import BrowserSignIn
from app.ui.pages.accounts.credentials import Credentials
from app.ui.pages.accounts.fold import Fold
from app.ui.pages.accounts.section import Section
from app.ui.pages.accounts.server_details import ServerDetails
from app.ui.theme import Kind
from app.ui.widgets import Banner, FormField, Segmented, caption, link_button, secondary_button

_ANY_OTHER = "smtp"
_USUAL_REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Access:
    """The inputs as values; a `password` of None leaves what is stored."""

    kind: AccountKind
    host: str
    port: int
    tls: TlsMode
    username: str
    password: str | None = field(repr=False)
    sign_in: SignIn
    region: str
    configuration_set: str


class ServerSection(Section):
    """
    Signals:
        changed: An input that decides about the connection changed.
        test_wanted: The user pressed "Test connection".
        preset_wanted: The user wants what is known of another provider: its `Preset`.
    """

    changed = Signal()
    test_wanted = Signal()
    preset_wanted = Signal(object)

    def __init__(self, operations: Operations, workspace: Workspace) -> None:
        super().__init__(self.tr("Your mail server"))
        self._preset = preset(_ANY_OTHER)
        self._known: Preset | None = None
        self.details = ServerDetails()
        self.credentials = Credentials()
        self.browser = BrowserSignIn(operations, workspace)
        self.place = QComboBox()
        self.place.setObjectName("place")
        self.configuration_set = QLineEdit()
        self._place = FormField(self.tr("Data centre"), self.place)
        self._build()
        self.show_preset(self._preset)

    def access(self) -> Access:
        """What the inputs say."""
        is_ses = self._preset.kind is AccountKind.SES
        region = self.region
        return Access(
            kind=self._preset.kind,
            host="" if is_ses else self.details.host.text().strip(),
            port=0 if is_ses else self.details.port.value(),
            tls=self.details.tls,
            username=self.credentials.username.text().strip(),
            password=None if self.sign_in is SignIn.OAUTH2 else self.credentials.secret(region),
            sign_in=self.sign_in,
            region=region,
            configuration_set=self.configuration_set.text().strip(),
        )

    @property
    def sign_in(self) -> SignIn:
        return SignIn(self._way.current)

    @property
    def region(self) -> str:
        """Amazon's region; empty for other providers."""
        return self.place.currentText().strip() if self._preset.regions else ""

    def show_preset(self, preset: Preset) -> None:
        """Ask for what this provider wants, with what is known of it filled in."""
        self._preset = preset
        is_any = preset.group is PresetGroup.SERVER
        self.set_words(self.tr("Your mail server") if is_any else self.tr("Sign in to {0}").format(preset.name))
        self._warning.set_message("", preset.warning, Kind.WARNING)
        self._warning.setVisible(bool(preset.warning))
        self._notes.setText("\n".join(preset.notes))
        self._notes.setVisible(bool(preset.notes))
        self.details.show_preset(preset)
        self._show_places(preset)
        self._details_fold.setVisible(preset.kind is AccountKind.SMTP)
        self._details_fold.button.setVisible(not is_any)
        self._details_fold.set_open(is_any)
        # A server nobody knows is what one is asked for first.
        self.form.removeWidget(self._details_fold)
        self.form.insertWidget(self.form.indexOf(self._place if is_any else self._set) + 1, self._details_fold)
        self._set.setVisible(preset.kind is AccountKind.SES)
        self.credentials.show_preset(preset)
        self.browser.show_provider(preset.oauth)
        self._way.setVisible(len(preset.sign_ins) > 1)
        self._way.choose(self._easiest_way(preset))
        if preset.oauth:
            self._way.set_text(SignIn.OAUTH2, self.tr("Sign in with {0}").format(oauth_provider(preset.oauth).name))
        self._way.set_text(SignIn.PASSWORD, preset.secret)
        self._show_way()

    def _easiest_way(self, preset: Preset) -> SignIn:
        """A password takes minutes; a program that is not registered yet has to be, before anybody signs in."""
        has_choice = SignIn.PASSWORD in preset.sign_ins and not self.browser.is_set_up
        return SignIn.PASSWORD if has_choice else preset.sign_ins[0]

    def choose_way(self, way: SignIn) -> None:
        """Sign in this way."""
        self._way.choose(way)
        self._show_way()

    def show_place(self, region: str, host: str) -> None:
        """Show a stored region, also one that is not among those known, or the place of a stored server."""
        if self._preset.regions:
            self.place.setCurrentText(region)
        else:
            self.place.setCurrentIndex(self.place.findData(host))

    def look_at(self, address: str) -> None:
        """Offer what is known of the provider that the address or the server belongs to."""
        known = preset_of_server(self.details.host.text()) or guess_preset(address)
        is_news = known is not None and self._preset.group is PresetGroup.SERVER
        self._known = known if is_news else None
        if known is not None:
            self._hint.set_message("", self.tr("This belongs to {0}, which we know.").format(known.name), Kind.INFO)
            self._use.setText(self.tr("Fill in what {0} needs").format(known.name))
        self._hint.setVisible(is_news)

    def check(self) -> list[QWidget]:
        """Look at the inputs, say what is wrong, and return the widgets to correct."""
        wrong: list[QWidget] = []
        if self._preset.kind is AccountKind.SMTP:
            wrong += self.details.check()
            if wrong:
                self._details_fold.set_open(True)
        self._place.set_error(self.tr("Which region is it in?") if self._preset.regions and not self.region else "")
        if self._place.error:
            wrong.append(self._place)
        wrong += self.credentials.check()
        if self.sign_in is SignIn.OAUTH2 and not wrong:
            wrong += self.browser.check()
        return wrong

    def _show_places(self, preset: Preset) -> None:
        """The choice of server, by region or country."""
        self._place.set_text(self.tr("Region") if preset.regions else self.tr("Where"))
        self._place.set_help(
            self.tr("The one your domain is verified in; the console shows it.") if preset.regions else ""
        )
        self._place.setVisible(len(preset.servers) > 1 or bool(preset.regions))
        self.place.setEditable(bool(preset.regions))
        before = self.place.blockSignals(True)
        self.place.clear()
        for region in preset.regions:
            self.place.addItem(region)
        if preset.regions:
            self.place.setCurrentText(_USUAL_REGION)
        else:
            for server in preset.servers:
                self.place.addItem(server.label, server.host)
        self.place.blockSignals(before)
        self._follow_place()

    @Slot()
    def _follow_place(self) -> None:
        if self._preset.regions and self._preset.kind is AccountKind.SMTP:
            self.details.host.setText(self._preset.server_in(self.region).host)
        elif self.place.currentData():
            self.details.host.setText(self.place.currentData())
        self._place.set_error("")
        self.changed.emit()

    @Slot()
    def _show_way(self) -> None:
        by_browser = self.sign_in is SignIn.OAUTH2
        self.browser.setVisible(by_browser)
        self.credentials.show_secret(not by_browser)
        self.changed.emit()

    def _on_use(self) -> None:
        if self._known is not None:
            self.preset_wanted.emit(self._known)

    def _build(self) -> None:
        self._warning = Banner(kind=Kind.WARNING)
        self._warning.setObjectName("providerWarning")
        self._use = link_button(self.tr("Fill in what it needs"), on_click=self._on_use, name="useKnown")
        self._hint = Banner("", "", Kind.INFO, self._use)
        self._hint.setObjectName("passwordHint")
        self._hint.hide()
        self._notes = caption()
        self._notes.setObjectName("providerNotes")
        self._way = Segmented(
            self.tr("How to sign in"),
            [(SignIn.OAUTH2, self.tr("In the browser")), (SignIn.PASSWORD, self.tr("With a password"))],
        )
        self._way.chosen.connect(self._show_way)
        self._set = FormField(
            self.tr("Configuration set"),
            self.configuration_set,
            optional=True,
            help_text=self.tr("Only if you made one in the SES console, for reports of what became of your mail."),
        )
        self.configuration_set.setObjectName("configurationSet")
        self._details_fold = Fold(self.tr("Server details"), "serverDetails")
        self._details_fold.body.addWidget(self.details)
        self._test = secondary_button(
            self.tr("Test connection"), "plug", on_click=self.test_wanted.emit, name="testConnection"
        )
        row = QHBoxLayout()
        row.addWidget(self._test)
        row.addStretch(1)
        for widget in (
            self._warning,
            self._hint,
            self._notes,
            self._place,
            self._way,
            self.credentials,
            self.browser,
            self._set,
            self._details_fold,
        ):
            self.form.addWidget(widget)
        self.form.addLayout(row)
        self.place.currentTextChanged.connect(self._follow_place)
        self.details.changed.connect(self.changed)
        self.credentials.changed.connect(self.changed)
        self.browser.changed.connect(self.changed)
        self.configuration_set.textEdited.connect(self.changed)
