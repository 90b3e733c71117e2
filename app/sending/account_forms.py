"""What is known of accounts and From addresses without their secrets, and what the user fills in for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.errors import UserFacingError
from app.models.states import AccountKind, SignIn, TlsMode
from app.sending.dkim import Signer
from app.sending.limits import Limits
from app.sending.oauth_grant import Grant
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow


@dataclass(frozen=True)
class IdentityInfo:
    """A From address: who the recipients see.

    Attributes:
        return_path: Where bounces go; empty for `address`.
        is_signed: It has a DKIM key of its own.
    """

    id: int
    account_id: int
    account_name: str
    account_kind: AccountKind
    name: str
    address: str
    reply_to: str
    is_signed: bool
    return_path: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


@dataclass(frozen=True)
class AccountInfo:
    """An account without its secrets.

    Attributes:
        preset: The key of its provider in `app.sending.presets`; empty for an account made before there were any.
        keeps_return_path: Its server passes on the envelope sender (VERP).
        domain_limits: How much may go to one recipient domain, beside `limits`.
    """

    id: int
    name: str
    kind: AccountKind
    host: str
    port: int
    tls: TlsMode
    username: str
    limits: Limits
    connections: int
    messages_per_connection: int
    problem: str
    identities: tuple[IdentityInfo, ...] = ()
    preset: str = ""
    sign_in: SignIn = SignIn.PASSWORD
    region: str = ""
    configuration_set: str = ""
    keeps_return_path: bool = False
    domain_limits: Mapping[str, Limits] = field(default_factory=dict)
    warm_up: WarmUp | None = None
    window: SendingWindow = SendingWindow.ALWAYS

    @property
    def server(self) -> str:
        """What to call the place mail goes to."""
        return f"Amazon SES in {self.region}" if self.kind is AccountKind.SES else self.host


@dataclass(frozen=True)
class IdentityDraft:
    """What the user fills in for a From address.

    `dkim_key_pem` is the private key, PKCS#8 PEM; None leaves the stored one, an empty text removes it.
    """

    name: str
    address: str
    reply_to: str = ""
    return_path: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_pem: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AccountDraft:
    """What the user fills in for an account and its first From address.

    A password of None leaves the stored one as it is; with SES it is the secret half of the access key, whose public
    half is `username`. `grant` is what a sign-in through the browser gave, for `SignIn.OAUTH2`; None leaves the stored
    one. `dkim_key_pem` is the private key, PKCS#8 PEM; None leaves the stored one, an empty text removes it. `host` and
    `port` are for SMTP alone, `region` and `configuration_set` for SES; the region also of SES by SMTP.
    """

    name: str
    host: str
    port: int
    tls: TlsMode
    username: str
    sender_name: str
    sender_address: str
    password: str | None = field(default=None, repr=False)
    reply_to: str = ""
    limits: Limits = field(default_factory=Limits)
    connections: int = 4
    messages_per_connection: int = 100
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_pem: str | None = field(default=None, repr=False)
    kind: AccountKind = AccountKind.SMTP
    preset: str = ""
    sign_in: SignIn = SignIn.PASSWORD
    grant: Grant | None = field(default=None, repr=False)
    region: str = ""
    configuration_set: str = ""
    keeps_return_path: bool = False
    return_path: str = ""
    domain_limits: Mapping[str, Limits] = field(default_factory=dict)
    warm_up: WarmUp | None = None
    window: SendingWindow = SendingWindow.ALWAYS

    @property
    def identity(self) -> IdentityDraft:
        """Its From address."""
        return IdentityDraft(
            name=self.sender_name,
            address=self.sender_address,
            reply_to=self.reply_to,
            return_path=self.return_path,
            dkim_domain=self.dkim_domain,
            dkim_selector=self.dkim_selector,
            dkim_key_pem=self.dkim_key_pem,
        )


def draft_of(account: AccountInfo) -> AccountDraft:
    """A draft that changes nothing, to change a part of it with `dataclasses.replace`.

    Raises:
        ValueError: It is the practice account, which is as it is.
    """
    if account.kind is AccountKind.PRACTICE or not account.identities:
        raise ValueError("The practice account has no draft.")
    first = min(account.identities, key=lambda identity: identity.id)
    return AccountDraft(
        name=account.name,
        host=account.host,
        port=account.port,
        tls=account.tls,
        username=account.username,
        sender_name=first.name,
        sender_address=first.address,
        reply_to=first.reply_to,
        return_path=first.return_path,
        limits=account.limits,
        connections=account.connections,
        messages_per_connection=account.messages_per_connection,
        dkim_domain=first.dkim_domain,
        dkim_selector=first.dkim_selector,
        kind=account.kind,
        preset=account.preset,
        sign_in=account.sign_in,
        region=account.region,
        configuration_set=account.configuration_set,
        keeps_return_path=account.keeps_return_path,
        domain_limits=account.domain_limits,
        warm_up=account.warm_up,
        window=account.window,
    )


def check_account(draft: AccountDraft) -> None:
    """
    Raises:
        UserFacingError: A value is missing or cannot be right.
        ValueError: It is of a kind that users do not add.
    """
    if draft.kind is AccountKind.PRACTICE:
        raise ValueError("A practice account is not filled in.")
    place = ("the region", draft.region) if draft.kind is AccountKind.SES else ("the server", draft.host)
    _check_filled(("a name", draft.name), place, ("your From address", draft.sender_address))
    if draft.kind is AccountKind.SES and not draft.username.strip():
        raise UserFacingError("Please fill in the access key ID.", "Amazon's console shows it beside the IAM user.")
    if draft.sign_in is SignIn.OAUTH2 and not draft.username.strip():
        raise UserFacingError("Please fill in the address to sign in with.")
    check_identity(draft.identity)


def check_identity(draft: IdentityDraft) -> None:
    """
    Raises:
        UserFacingError: A value is missing or cannot be right.
    """
    _check_filled(("your From address", draft.address))
    for label, address in (
        ("From address", draft.address),
        ("Reply-To address", draft.reply_to),
        ("address for bounces", draft.return_path),
    ):
        if address and ("@" not in address or any(character.isspace() for character in address)):
            raise UserFacingError(f"“{address}” is not an e-mail address.", f"Correct the {label}.")
    if draft.dkim_key_pem:
        check_key(draft.dkim_domain, draft.dkim_selector, draft.dkim_key_pem)


def check_key(domain: str, selector: str, pem: str) -> None:
    """
    Raises:
        UserFacingError: It is no key that can sign, or its domain or selector is missing.
    """
    if not (domain and selector):
        raise UserFacingError("A DKIM key needs its domain and its selector.", "Both are in your DNS entry.")
    Signer(pem.encode(), domain=domain, selector=selector)


def _check_filled(*fields: tuple[str, str]) -> None:
    missing = [label for label, value in fields if not value.strip()]
    if missing:
        raise UserFacingError(f"Please fill in {' and '.join(missing)}.")
