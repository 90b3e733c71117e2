"""What the app knows of the providers: whole, plausible, and enough to connect with."""

import re
from urllib.parse import urlsplit

import pytest

from app.models.states import AccountKind, SignIn, TlsMode
from app.sending.oauth import oauth_provider
from app.sending.presets import Preset, PresetGroup, guess_preset, preset, preset_of_server, presets
from app.sending.smtp import SmtpAccount

EACH = pytest.mark.parametrize("each", presets(), ids=lambda each: each.key)
HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
SECURED_BY = {465: TlsMode.IMPLICIT, 2465: TlsMode.IMPLICIT}
WANTED = {
    "gmail", "google_workspace", "workspace_relay", "microsoft_365", "outlook", "ses_api", "ses_smtp", "sendgrid",
    "mailgun", "postmark", "brevo", "mailjet", "sparkpost", "resend", "zoho", "fastmail", "yahoo", "aol", "icloud",
    "ionos", "ovh", "own_server", "smtp",
}  # fmt: skip


def test_every_account_a_business_really_has_is_there_once() -> None:
    keys = [each.key for each in presets()]
    assert set(keys) >= WANTED
    assert len(keys) == len(set(keys))
    assert {each.group for each in presets()} == set(PresetGroup)


@EACH
def test_servers_have_names_that_can_exist(each: Preset) -> None:
    assert all(HOST.fullmatch(server.host) for server in each.servers)
    assert len(each.servers) < 2 or all(server.label for server in each.servers)


@EACH
def test_every_port_is_secured_as_that_port_is(each: Preset) -> None:
    assert all(SECURED_BY.get(port.port, TlsMode.STARTTLS) is port.tls for port in each.ports)
    assert bool(each.ports) is (each.kind is AccountKind.SMTP)


@EACH
def test_every_server_and_port_makes_an_account(each: Preset) -> None:
    for host in [server.host for server in each.servers] or ["mail.example.org"] * bool(each.ports):
        for port in each.ports:
            account = SmtpAccount(
                host,
                port.port,
                port.tls,
                connections=each.connections,
                messages_per_connection=each.messages_per_connection,
            )
            assert account.host == host


@EACH
def test_numbers_are_positive_and_fit_each_other(each: Preset) -> None:
    limits = each.limits
    assert each.connections > 0
    assert each.messages_per_connection > 0
    in_order = [limit for limit in (limits.per_minute, limits.per_hour, limits.per_day) if limit is not None]
    assert in_order == sorted(in_order)


@EACH
def test_every_text_is_a_whole_sentence(each: Preset) -> None:
    texts = (each.username_hint, each.secret_hint, each.limits_note, each.warning, each.test_hint, *each.notes)
    assert all(text.endswith(".") and not text[0].isspace() for text in texts if text)
    assert each.name
    assert each.username
    assert each.secret
    assert each.limits_note


@EACH
def test_the_page_with_the_key_is_secure(each: Preset) -> None:
    assert each.key == "smtp" or urlsplit(each.help_url).scheme == "https"


@EACH
def test_who_signs_in_by_browser_has_somewhere_to_sign_in(each: Preset) -> None:
    assert each.sign_ins
    assert (SignIn.OAUTH2 in each.sign_ins) is bool(each.oauth)
    if each.oauth:
        assert oauth_provider(each.oauth).key == each.oauth


@EACH
def test_the_facts_are_dated(each: Preset) -> None:
    assert re.fullmatch(r"20\d\d-[01]\d", each.checked)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("anna@gmail.com", "gmail"),
        (" Anna@GoogleMail.com ", "gmail"),
        ("anna@hotmail.co.uk", "outlook"),
        ("anna@yahoo.fr", "yahoo"),
        ("anna@contoso.onmicrosoft.com", "microsoft_365"),
        ("anna@me.com", "icloud"),
        ("anna@web.de", "gmx"),
        ("anna@berger.example", None),
        ("anna@notgmail.com", None),
        ("", None),
    ],
)
def test_an_address_tells_its_provider(address: str, key: str | None) -> None:
    found = guess_preset(address)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("smtp.office365.com", "microsoft_365"),
        ("email-smtp.eu-south-2.amazonaws.com", "ses_smtp"),
        ("SMTP.eu.mailgun.org.", "mailgun"),
        ("mail.berger.example", None),
    ],
)
def test_a_server_tells_its_provider(host: str, key: str | None) -> None:
    found = preset_of_server(host)
    assert (found.key if found else None) == key


def test_a_region_that_is_new_has_a_server() -> None:
    server = preset("ses_smtp").server_in("eu-south-9")
    assert (server.host, server.region) == ("email-smtp.eu-south-9.amazonaws.com", "eu-south-9")


def test_a_provider_without_regions_has_no_server_in_one() -> None:
    with pytest.raises(ValueError, match="no servers by region"):
        preset("gmail").server_in("eu-west-1")


def test_a_preset_of_a_newer_version_is_any_other_provider() -> None:
    assert preset("invented_later").key == "smtp"


def test_microsofts_known_limits_are_kept() -> None:
    microsoft = preset("microsoft_365")
    assert (microsoft.limits.per_minute, microsoft.limits.per_day, microsoft.connections) == (30, 10_000, 3)


def test_zoho_is_advised_against() -> None:
    assert "forbid" in preset("zoho").warning


def test_what_need_not_be_typed_twice_is_known() -> None:
    assert preset("gmail").username_is_address
    assert not preset("mailgun").username_is_address
    assert preset("sendgrid").username_value == "apikey"
