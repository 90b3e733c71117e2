"""All that is asked of an account, one part under the other."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.models.states import AccountKind, SignIn, TlsMode
from app.sending.accounts import AccountDraft, draft_of
from app.sending.presets import Preset, preset, provider_of
from app.ui.context import AppContext
from app.ui.pages.accounts.connection_test import ConnectionTest
from app.ui.pages.accounts.fold import Fold
from app.ui.pages.accounts.ground import Ground
from app.ui.pages.accounts.hours_section import HoursSection
from app.ui.pages.accounts.limits_section import ConnectionsRow, LimitsSection
from app.ui.pages.accounts.sender_section import SenderSection
from app.ui.pages.accounts.server_section import ServerSection
from app.ui.pages.accounts.signature_section import SignatureSection
from app.ui.pages.accounts.tries import Typed, typed_settings
from app.ui.pages.accounts.warm_up_section import WarmUpSection
from app.ui.theme import Space
from app.ui.widgets import FormField

_ANY_OTHER, _AMAZON = "smtp", "ses_api"
_EMPTY = AccountDraft("", "", 0, TlsMode.IMPLICIT, "", "", "")


class AccountForm(QWidget):
    """
    Signals:
        preset_wanted: The user wants what is known of another provider.

    Attributes:
        preset: The provider it asks for at present.
    """

    preset_wanted = Signal(object)

    def __init__(self, context: AppContext, ground: Ground) -> None:
        super().__init__()
        self._context = context
        self._ground = ground
        self._account = ground.account
        self.preset = preset(_ANY_OTHER)
        self.identity = SenderSection()
        self.server = ServerSection(context.operations, context.workspace)
        self.test = ConnectionTest(context.operations)
        self.limits = LimitsSection()
        self.warm_up = WarmUpSection()
        self.hours = HoursSection()
        self.connections = ConnectionsRow()
        self.signature = SignatureSection(context.operations)
        self.name = QLineEdit()
        self._build()
        self.hours.set_zone(ground.time_zone)
        self._fill()
        self._connect()

    def show_preset(self, chosen: Preset) -> None:
        """Ask for what this provider wants. What was typed stays; what was known of the last provider goes."""
        if chosen is self.preset and self.server.details.host.text():
            return
        self.preset = chosen
        self.server.show_preset(chosen)
        self.limits.show_preset(chosen, take_over=True)
        self.connections.show_preset(chosen)
        self._follow_preset()
        self._on_address_left()

    def set_address(self, address: str) -> None:
        """The address that was typed to find the provider."""
        if address and not self.identity.address.text().strip():
            self.identity.address.setText(address)
            self._on_address_left()

    def check(self) -> list[QWidget]:
        """Look at the inputs, say what is wrong at each, lead to the first, and return those to correct."""
        wrong: list[QWidget] = [*self.identity.check(), *self.server.check(), *self.limits.domains.check()]
        wrong += [*self.hours.check(), *self.signature.check()]
        if wrong:
            self._lead_to(wrong[0])
        return wrong

    def draft(self) -> AccountDraft:
        """The inputs as they are to be stored; `check` comes first."""
        name, address, reply_to, return_path = self.identity.values
        access = self.server.access()
        grant = self.server.browser.grant if access.sign_in is SignIn.OAUTH2 else None
        # What has no input of its own keeps its stored value.
        begin = draft_of(self._account) if self._account is not None else _EMPTY
        return replace(
            begin,
            name=self.name.text().strip() or address,
            host=access.host,
            port=access.port,
            tls=access.tls,
            username=access.username,
            password=access.password,
            sender_name=name,
            sender_address=address,
            reply_to=reply_to,
            return_path=return_path,
            limits=self.limits.limits,
            connections=self.connections.connections.value(),
            messages_per_connection=self.connections.messages.value(),
            dkim_domain=self.signature.first_domain,
            dkim_selector=self.signature.first_selector,
            dkim_key_pem=self.signature.pem,
            kind=access.kind,
            preset=begin.preset if self.preset is self._opened_with else self.preset.key,
            sign_in=access.sign_in,
            grant=grant,
            region=access.region,
            configuration_set=access.configuration_set,
            keeps_return_path=self.connections.keeps_return_path.isChecked(),
            domain_limits=self.limits.domains.limits,
            warm_up=self.warm_up.warm_up,
            window=self.hours.window_of_hours,
        )

    def stop(self) -> None:
        """End what runs: the form is left."""
        self.test.stop()
        self.server.browser.stop()

    def _fill(self) -> None:
        self._opened_with: Preset | None = None
        account, secrets = self._ground.account, self._ground.secrets
        self.server.browser.set_ground(self._sign_in_address, self._ground.clients)
        if account is None:
            return
        usual = _AMAZON if account.kind is AccountKind.SES else _ANY_OTHER
        chosen = provider_of(account.preset, account.host) or preset(usual)
        self.preset = self._opened_with = chosen
        self.server.show_preset(chosen)
        self.limits.show_preset(chosen, take_over=False)
        self.limits.show_used(self._ground.sent_today, account.limits)
        self.connections.ask_about(chosen)
        self.server.choose_way(account.sign_in)
        self.server.show_place(account.region, account.host)
        self.server.details.fill(account.host, account.port or self.server.details.port.value(), account.tls)
        by_browser = account.sign_in is SignIn.OAUTH2
        has_password = secrets.has_password and not by_browser
        self.server.credentials.fill(username=account.username, has_password=has_password)
        self.server.configuration_set.setText(account.configuration_set)
        self.server.browser.set_ground(
            self._sign_in_address,
            self._ground.clients,
            account_id=account.id,
            stored_for=account.username if secrets.oauth_provider else "",
        )
        self.name.setText(account.name)
        first = min(account.identities, key=lambda identity: identity.id, default=None)
        if first is not None:
            self.identity.fill(first)
        self.limits.fill(account.limits)
        self.limits.fill_domains(dict(account.domain_limits))
        self.warm_up.fill(account.warm_up)
        self.hours.fill(account.window)
        self.connections.connections.setValue(account.connections)
        self.connections.messages.setValue(account.messages_per_connection)
        self.connections.keeps_return_path.setChecked(account.keeps_return_path)
        self.signature.fill(self._ground.keys)
        self._follow_preset()
        self._follow()

    def _sign_in_address(self) -> str:
        return self.server.credentials.username.text().strip()

    @Slot()
    def _on_test(self) -> None:
        wrong = self.server.check()
        if wrong:
            self._lead_to(wrong[0])
            return
        account_id = self._account.id if self._account is not None else None
        access = self.server.access()
        typed = Typed(access, self.server.browser.grant, account_id)
        self.test.start(access.host or self.preset.name, typed_settings(self._context.workspace, typed))
        self._reveal_test()

    @Slot()
    def _reveal_test(self) -> None:
        """Scroll to the test once it has its place."""
        QTimer.singleShot(0, self.test, lambda: self._area.ensureWidgetVisible(self.test))

    def _lead_to(self, widget: QWidget) -> None:
        for fold in self.findChildren(Fold):
            if fold.isAncestorOf(widget):
                fold.set_open(True)
        self._area.ensureWidgetVisible(widget)
        (widget.field if isinstance(widget, FormField) else widget).setFocus()

    def _follow_preset(self) -> None:
        self.signature.show_preset(self.preset)
        self._follow_return_path()

    @Slot()
    def _follow_return_path(self) -> None:
        self.identity.show_return_path(keeps=self.connections.keeps_return_path.isChecked())

    @Slot()
    def _follow(self) -> None:
        """What depends on the address and the server: the domain of the signature, the provider's hints."""
        address = self.identity.address.text()
        self.signature.follow_address(address)
        self.server.look_at(address)

    @Slot()
    def _on_address_left(self) -> None:
        self.server.credentials.suggest_username(self.identity.address.text())
        self._follow()

    def _connect(self) -> None:
        self.identity.address.textEdited.connect(self._follow)
        self.identity.address.editingFinished.connect(self._on_address_left)
        self.server.changed.connect(self._follow)
        self.server.changed.connect(self.test.stop)
        self.server.changed.connect(self.test.clear)
        self.server.test_wanted.connect(self._on_test)
        self.server.preset_wanted.connect(self.preset_wanted)
        self.connections.keeps_return_path.toggled.connect(self._follow_return_path)
        self.test.finished.connect(self._reveal_test)

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("role", "scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, Space.L, Space.S)
        column.setSpacing(Space.XL)
        self.server.form.addWidget(self.test)
        for section in (self.identity, self.server, self.limits):
            column.addWidget(section)
            column.addWidget(_line())
        self.advanced = Fold(self.tr("Advanced: warm-up, sending hours, signature, connections"), "advanced")
        self.advanced.body.setSpacing(Space.XXL)
        self.name.setObjectName("accountName")
        name = FormField(
            self.tr("Name of the account"),
            self.name,
            optional=True,
            help_text=self.tr("Only you see it. Without one it is called like its address."),
        )
        for widget in (name, self.warm_up, self.hours, self.signature, self.connections):
            self.advanced.body.addWidget(widget)
        column.addWidget(self.advanced)
        column.addStretch(1)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(content)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    return line
