"""The providers people send through: their servers, what to type where, their limits and their rules.

They are data (`resources/providers.toml`), because providers change them without notice.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import TypedDict, cast

from app.models.states import AccountKind, SignIn, TlsMode
from app.paths import resources
from app.sending.limits import Limits

__all__ = [
    "Port",
    "Preset",
    "PresetGroup",
    "Server",
    "guess_preset",
    "preset",
    "preset_of_server",
    "presets",
    "provider_of",
]

_ANY_REGION = "{region}"
_DEFAULT_CONNECTIONS = 4
_DEFAULT_MESSAGES_PER_CONNECTION = 100


class PresetGroup(StrEnum):
    """What kind of thing a provider offers: the headings of the gallery."""

    MAILBOX = "mailbox"  # the mailbox that a person or business has anyway
    SERVICE = "service"  # made for sending much
    SERVER = "server"  # a server of one's own, or any other


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a server and how it is secured there."""

    port: int
    tls: TlsMode


@dataclass(frozen=True, slots=True)
class Server:
    """One of a provider's servers.

    Attributes:
        label: What tells it from the others, such as a country; empty for an only one.
        host: Its name.
        region: The region it belongs to, as Amazon names it; empty elsewhere.
    """

    label: str
    host: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known of a provider.

    Attributes:
        key: Its name in the workspace, `Account.preset`.
        checked: The year and month in which all this was last compared with what the provider says.
        domains: Ends of addresses that belong to it; ``*`` stands for anything.
        servers: Choices of server, the usual one first; empty where the user types it, and for SES's API.
        ports: Choices of port, the usual one first; empty for SES's API.
        regions: Amazon's regions that are known. The user may type another.
        username: What to type as user name, to label the field with; `username_value` is it where all have the same,
            `username_is_address` says that it is the address mail is sent from.
        secret: What the password is called there; `secret_hint` says where to get one.
        sign_ins: Ways to prove who one is, the better one first.
        oauth: The key of its `app.sending.oauth.OAuthProvider`; empty without one.
        limits: How much it lets an account send. `limits_are_hints`: it does not publish them.
        connections: How many to open at once, the most it takes where it says so.
        messages_per_connection: After how many to connect anew.
        keeps_return_path: It passes on the envelope sender, so that a bounce can name its delivery (VERP).
        signs_itself: It signs with DKIM, once the domain is set up there; a key of one's own is not needed.
        replaced_headers: What it overwrites, so that a signature of ours must leave it out.
        help_url: The provider's page to get the secret, or that explains how; empty if there is no such page.
        warning: What speaks against it for newsletters, to be read before anything is typed; empty for nothing.
        notes: What else to know, one sentence each.
        test_hint: What to look at in a test mail.
    """

    key: str
    name: str
    group: PresetGroup
    kind: AccountKind
    checked: str
    domains: tuple[str, ...]
    servers: tuple[Server, ...]
    ports: tuple[Port, ...]
    regions: tuple[str, ...]
    username: str
    username_value: str
    username_is_address: bool
    username_hint: str
    secret: str
    secret_hint: str
    sign_ins: tuple[SignIn, ...]
    oauth: str
    limits: Limits
    limits_are_hints: bool
    limits_note: str
    connections: int
    messages_per_connection: int
    keeps_return_path: bool
    signs_itself: bool
    replaced_headers: tuple[str, ...]
    help_url: str
    warning: str
    notes: tuple[str, ...]
    test_hint: str
    host_pattern: str = ""

    def server_in(self, region: str) -> Server:
        """The server of a region, also of one that is not in `regions`.

        Raises:
            ValueError: The provider has none by region.
        """
        if not self.host_pattern:
            raise ValueError(f"{self.key} has no servers by region.")
        return Server(region, self.host_pattern.replace(_ANY_REGION, region), region)

    def owns_host(self, host: str) -> bool:
        """*host* is one of its servers."""
        pattern = self.host_pattern.replace(_ANY_REGION, "*")
        return fnmatchcase(host, pattern) if pattern else any(server.host == host for server in self.servers)


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, in the order of the gallery."""
    with (resources() / "providers.toml").open("rb") as file:
        data = tomllib.load(file)
    return tuple(_preset(cast("_Entry", entry), checked=data["checked"]) for entry in data["provider"])


def preset(key: str) -> Preset:
    """The preset of that key; that of any other provider if there is none, as in a workspace of a newer version."""
    known = {each.key: each for each in presets()}
    return known.get(key) or known["smtp"]


def guess_preset(address: str) -> Preset | None:
    """The provider that an e-mail address belongs to, as far as its domain tells."""
    domain = address.strip().lower().rpartition("@")[2]
    return next((each for each in presets() if any(fnmatchcase(domain, known) for known in each.domains)), None)


def preset_of_server(host: str) -> Preset | None:
    """The provider whose server this is: for an account that was typed in without one."""
    host = host.strip().lower().rstrip(".")
    return next((each for each in presets() if each.owns_host(host)), None)


def provider_of(key: str, host: str) -> Preset | None:
    """The provider of a stored account, from its `preset` and its `host`; None if it is none that is known."""
    return preset(key) if key else preset_of_server(host)


class _Port(TypedDict):
    port: int
    tls: str


class _Required(TypedDict):
    key: str
    name: str
    group: str
    kind: str
    username: str
    secret: str
    sign_in: list[str]
    limits_note: str
    help_url: str


class _Entry(_Required, total=False):
    domains: list[str]
    servers: list[dict[str, str]]
    host_pattern: str
    regions: list[str]
    ports: list[_Port]
    username_value: str
    username_is_address: bool
    username_hint: str
    secret_hint: str
    oauth: str
    limits: dict[str, int]
    limits_are_hints: bool
    connections: int
    messages_per_connection: int
    keeps_return_path: bool
    signs_itself: bool
    replaced: list[str]
    warning: str
    notes: list[str]
    test_hint: str


def _preset(entry: _Entry, *, checked: str) -> Preset:
    pattern = entry.get("host_pattern", "")
    regions = tuple(entry.get("regions", ()))
    servers = [Server(server.get("label", ""), server["host"]) for server in entry.get("servers", ())]
    if pattern:
        servers = [Server(region, pattern.replace(_ANY_REGION, region), region) for region in regions]
    return Preset(
        key=entry["key"],
        name=entry["name"],
        group=PresetGroup(entry["group"]),
        kind=AccountKind(entry["kind"]),
        checked=checked,
        domains=tuple(entry.get("domains", ())),
        servers=tuple(servers),
        ports=tuple(Port(port["port"], TlsMode(port["tls"])) for port in entry.get("ports", ())),
        regions=regions,
        username=entry["username"],
        username_value=entry.get("username_value", ""),
        username_is_address=entry.get("username_is_address", False),
        username_hint=entry.get("username_hint", ""),
        secret=entry["secret"],
        secret_hint=entry.get("secret_hint", ""),
        sign_ins=tuple(SignIn(way) for way in entry["sign_in"]),
        oauth=entry.get("oauth", ""),
        limits=Limits.from_json(entry.get("limits", {})),
        limits_are_hints=entry.get("limits_are_hints", False),
        limits_note=entry["limits_note"],
        connections=entry.get("connections", _DEFAULT_CONNECTIONS),
        messages_per_connection=entry.get("messages_per_connection", _DEFAULT_MESSAGES_PER_CONNECTION),
        keeps_return_path=entry.get("keeps_return_path", False),
        signs_itself=entry.get("signs_itself", False),
        replaced_headers=tuple(entry.get("replaced", ())),
        help_url=entry["help_url"],
        warning=entry.get("warning", ""),
        notes=tuple(entry.get("notes", ())),
        test_hint=entry.get("test_hint", ""),
        host_pattern=pattern,
    )
