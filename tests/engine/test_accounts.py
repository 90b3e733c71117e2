"""Accounts and their secrets: stored sealed, changed one at a time, removed without a trace."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlalchemy import func, select

from app.errors import UserFacingError
from app.models.states import AccountKind, SignIn, TlsMode
from app.models.tables import Campaign, DispatchRoute, Secret
from app.models.workspace import Workspace
from app.sending.accounts import (
    AccountDraft,
    IdentityDraft,
    account_info,
    add_account,
    add_identity,
    add_key,
    add_practice_account,
    change_account,
    change_identity,
    draft_of,
    is_in_use,
    list_accounts,
    remove_account,
    remove_identity,
    remove_key,
    signer,
    smtp_account,
)
from app.sending.dkim import generate_key
from app.sending.limits import Limits
from app.sending.oauth import GOOGLE, Grant, OAuthClient, Tokens
from app.sending.stored_secrets import read_keys, read_secrets
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow
from tests.engine.builders import a_campaign, launched

GRANT = Grant(GOOGLE, OAuthClient("client-1", "hunter2-secret"), Tokens("hunter2-refresh", "hunter2-access", 1))
DRAFT = AccountDraft(
    name="Shop",
    host="mail.example.com",
    port=587,
    tls=TlsMode.STARTTLS,
    username="shop",
    sender_name="Blumen Berger",
    sender_address="shop@example.com",
)


def password_of(workspace: Workspace, account_id: int) -> str:
    return smtp_account(workspace, account_id, practice_port=0).password


def secrets_in(workspace: Workspace) -> int:
    with workspace.read() as session:
        return session.scalar(select(func.count()).select_from(Secret)) or 0


def test_the_password_stays_when_something_else_is_changed(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, password="first"))
    change_account(workspace, account_id, replace(DRAFT, name="Renamed"))
    assert password_of(workspace, account_id) == "first"


def test_a_changed_password_is_kept(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, password="first"))
    change_account(workspace, account_id, replace(DRAFT, password="second"))
    assert password_of(workspace, account_id) == "second"


def test_a_changed_password_and_a_changed_key_are_both_kept(workspace: Workspace) -> None:
    pem = generate_key().pem.decode()
    signed = replace(DRAFT, dkim_domain="example.com", dkim_selector="mail", dkim_key_pem=pem)
    account_id = add_account(workspace, replace(signed, password="first"))
    change_account(workspace, account_id, replace(signed, password="second"))
    assert password_of(workspace, account_id) == "second"
    identity_id = list_accounts(workspace)[0].identities[0].id
    assert signer(workspace, identity_id) is not None
    assert secrets_in(workspace) == 2


def test_an_empty_password_removes_the_stored_one(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, password="first"))
    change_account(workspace, account_id, replace(DRAFT, password=""))
    assert not read_secrets(workspace, account_id).has_password
    assert secrets_in(workspace) == 0


def test_removing_an_account_removes_its_secrets(workspace: Workspace) -> None:
    pem = generate_key().pem.decode()
    account_id = add_account(
        workspace,
        replace(DRAFT, password="first", dkim_domain="example.com", dkim_selector="mail", dkim_key_pem=pem),
    )
    remove_account(workspace, account_id)
    assert secrets_in(workspace) == 0


def test_the_file_holds_no_password_in_the_clear_even_for_who_has_its_key(workspace: Workspace) -> None:
    add_account(workspace, replace(DRAFT, password="correct horse battery"))
    with workspace.read() as session:
        assert b"correct horse" not in session.scalars(select(Secret.sealed)).one()


def test_the_practice_account_stays_as_it_is(workspace: Workspace) -> None:
    add_practice_account(workspace)
    practice = list_accounts(workspace)[0]
    with pytest.raises(UserFacingError, match="cannot be changed"):
        change_account(workspace, practice.id, DRAFT)


@pytest.mark.parametrize("missing", ["name", "host", "sender_address"])
def test_what_is_missing_is_named(workspace: Workspace, missing: str) -> None:
    with pytest.raises(UserFacingError, match="Please fill in"):
        add_account(workspace, replace(DRAFT, **{missing: " "}))


def test_everything_about_an_account_comes_back(workspace: Workspace) -> None:
    draft = replace(
        DRAFT,
        preset="own_server",
        limits=Limits(per_second=2, per_minute=60, per_hour=500, per_day=2_000, per_30_days=40_000),
        connections=7,
        messages_per_connection=33,
        keeps_return_path=True,
        reply_to="answers@example.com",
        return_path="bounces@example.com",
        domain_limits={"Gmail.com": Limits(per_hour=100)},
        warm_up=WarmUp(dt.date(2026, 11, 1), first_day=20, growth=1.3, goal=5_000),
        window=SendingWindow(frozenset({0, 1}), dt.time(9), dt.time(17), "Europe/Berlin", per_day=900),
    )
    account = account_info(workspace, add_account(workspace, draft))

    assert draft_of(account) == replace(draft, domain_limits={"gmail.com": Limits(per_hour=100)})
    assert account.server == "mail.example.com"


def test_a_draft_of_an_account_changes_nothing(workspace: Workspace) -> None:
    pem = generate_key().pem.decode()
    account_id = add_account(
        workspace, replace(DRAFT, password="first", dkim_domain="example.com", dkim_selector="m", dkim_key_pem=pem)
    )
    before = account_info(workspace, account_id)
    change_account(workspace, account_id, draft_of(before))

    assert account_info(workspace, account_id) == before
    assert password_of(workspace, account_id) == "first"


def test_an_account_of_amazons_api_needs_a_region_and_no_server(workspace: Workspace) -> None:
    draft = replace(DRAFT, kind=AccountKind.SES, host="", port=0, username="AKIA" + "A" * 16, password="k" * 40)
    with pytest.raises(UserFacingError, match="the region"):
        add_account(workspace, draft)
    account = account_info(workspace, add_account(workspace, replace(draft, region="eu-central-1")))

    assert (account.kind, account.region, account.server) == (
        AccountKind.SES,
        "eu-central-1",
        "Amazon SES in eu-central-1",
    )
    with pytest.raises(ValueError, match="does not send by SMTP"):
        smtp_account(workspace, account.id, practice_port=0)


def test_an_account_that_signs_in_by_browser_needs_that_somebody_did(workspace: Workspace) -> None:
    with pytest.raises(UserFacingError, match="Nobody has signed in"):
        add_account(workspace, replace(DRAFT, sign_in=SignIn.OAUTH2))


def test_a_sign_in_takes_the_place_of_the_password(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, password="first"))
    change_account(workspace, account_id, replace(DRAFT, sign_in=SignIn.OAUTH2, grant=GRANT))

    account = smtp_account(workspace, account_id, practice_port=0)
    assert account.password == ""
    assert account.token_source is not None
    assert (read_secrets(workspace, account_id).oauth_provider, read_secrets(workspace, account_id).client_id) == (
        "google",
        "client-1",
    )
    assert secrets_in(workspace) == 1


def test_a_sign_in_stays_when_something_else_is_changed(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, sign_in=SignIn.OAUTH2, grant=GRANT))
    change_account(workspace, account_id, replace(DRAFT, name="Renamed", sign_in=SignIn.OAUTH2))
    assert read_secrets(workspace, account_id).oauth_provider == "google"


def test_a_sign_in_is_never_sent_as_a_password(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, sign_in=SignIn.OAUTH2, grant=GRANT))
    with pytest.raises(UserFacingError, match="fill in the password"):
        change_account(workspace, account_id, DRAFT)
    change_account(workspace, account_id, replace(DRAFT, username=""))
    assert password_of(workspace, account_id) == ""
    assert secrets_in(workspace) == 0


def test_a_password_is_never_taken_for_a_sign_in(workspace: Workspace) -> None:
    account_id = add_account(workspace, replace(DRAFT, password="first"))
    with pytest.raises(UserFacingError, match="Nobody has signed in"):
        change_account(workspace, account_id, replace(DRAFT, sign_in=SignIn.OAUTH2))


def test_no_token_lies_in_the_file_in_the_clear(workspace: Workspace) -> None:
    add_account(workspace, replace(DRAFT, sign_in=SignIn.OAUTH2, grant=GRANT))
    with workspace.read() as session:
        assert b"hunter2" not in session.scalars(select(Secret.sealed)).one()


def test_an_account_has_several_from_addresses(workspace: Workspace) -> None:
    account_id = add_account(workspace, DRAFT)
    second = add_identity(workspace, account_id, IdentityDraft("News", "news@example.com", return_path="b@example.com"))
    change_identity(workspace, second, IdentityDraft("Newsletter", "news@example.com", reply_to="shop@example.com"))

    identities = {each.address: each for each in account_info(workspace, account_id).identities}
    assert set(identities) == {"shop@example.com", "news@example.com"}
    assert str(identities["news@example.com"]) == "Newsletter <news@example.com>"
    assert (identities["news@example.com"].reply_to, identities["news@example.com"].return_path) == (
        "shop@example.com",
        "",
    )


def test_changing_an_account_leaves_its_other_addresses_alone(workspace: Workspace) -> None:
    account_id = add_account(workspace, DRAFT)
    add_identity(workspace, account_id, IdentityDraft("A", "aaa@example.com"))
    change_account(workspace, account_id, replace(draft_of(account_info(workspace, account_id)), sender_name="Renamed"))

    assert sorted(str(each) for each in account_info(workspace, account_id).identities) == [
        "A <aaa@example.com>",
        "Renamed <shop@example.com>",
    ]


def test_removing_an_address_takes_it_and_its_keys_away(workspace: Workspace) -> None:
    account_id = add_account(workspace, DRAFT)
    pem = generate_key().pem.decode()
    second = add_identity(workspace, account_id, IdentityDraft("N", "n@example.com", "", "", "example.com", "m", pem))
    add_key(workspace, second, domain="example.com", selector="n", pem=pem)
    campaign_id = a_campaign(workspace, second)

    remove_identity(workspace, second)

    assert [each.address for each in account_info(workspace, account_id).identities] == ["shop@example.com"]
    assert secrets_in(workspace) == 0
    with workspace.read() as session:
        assert session.get_one(Campaign, campaign_id).identity_id is None


def test_the_only_address_of_an_account_stays(workspace: Workspace) -> None:
    account_id = add_account(workspace, DRAFT)
    with pytest.raises(UserFacingError, match="needs a From address"):
        remove_identity(workspace, account_info(workspace, account_id).identities[0].id)


@pytest.mark.parametrize("wrong", [{"address": "no address"}, {"reply_to": "a b@c"}, {"return_path": "nobody"}])
def test_what_is_no_address_is_refused(workspace: Workspace, wrong: dict[str, str]) -> None:
    account_id = add_account(workspace, DRAFT)
    with pytest.raises(UserFacingError, match="not an e-mail address"):
        add_identity(workspace, account_id, replace(IdentityDraft("N", "n@example.com"), **wrong))  # type: ignore[arg-type]


def test_what_was_sent_from_an_account_it_shared_keeps_it(workspace: Workspace) -> None:
    first = add_account(workspace, DRAFT)
    other = add_account(workspace, replace(DRAFT, name="Other", sender_address="other@example.com"))
    identity = account_info(workspace, first).identities[0]
    shared = account_info(workspace, other).identities[0]
    spare = add_identity(workspace, other, IdentityDraft("S", "spare@example.com"))
    dispatch_id = launched(workspace, identity.id)
    with workspace.write() as session:
        session.merge(DispatchRoute(dispatch_id=dispatch_id, identity_id=shared.id, account_id=other))

    assert is_in_use(workspace, other)
    with pytest.raises(UserFacingError, match="sent through this account"):
        remove_account(workspace, other)
    with pytest.raises(UserFacingError, match="sent from this address"):
        remove_identity(workspace, shared.id)
    remove_identity(workspace, spare)


def test_a_message_is_signed_with_every_key_of_its_address(workspace: Workspace) -> None:
    rsa_pem = generate_key().pem.decode()
    ed25519_pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account_id = add_account(
        workspace, replace(DRAFT, dkim_domain="example.com", dkim_selector="rsa", dkim_key_pem=rsa_pem)
    )
    identity_id = account_info(workspace, account_id).identities[0].id
    key_id = add_key(workspace, identity_id, domain="example.com", selector="ed", pem=ed25519_pem.decode())

    with pytest.raises(UserFacingError, match="under this selector"):
        add_key(workspace, identity_id, domain="example.com", selector="ed", pem=rsa_pem)
    assert [(key.id, key.selector) for key in read_keys(workspace, identity_id)] == [(None, "rsa"), (key_id, "ed")]
    signers = signer(workspace, identity_id)
    assert signers is not None
    lines = signers.sign([("From", b"shop@example.com")], b"Hello\r\n")
    assert [lines.count(tag) for tag in (b"a=rsa-sha256", b"a=ed25519-sha256", b"DKIM-Signature:")] == [1, 1, 2]

    remove_key(workspace, key_id)
    assert [key.selector for key in read_keys(workspace, identity_id)] == ["rsa"]
    assert secrets_in(workspace) == 1


@pytest.mark.parametrize(
    ("changes", "is_signed"),
    [
        ({}, True),
        ({"preset": "ses_smtp", "host": "email-smtp.eu-west-1.amazonaws.com"}, False),
        ({"host": "email-smtp.eu-west-1.amazonaws.com"}, False),
        ({"preset": "resend", "host": "smtp.resend.com"}, False),
    ],
)
def test_what_a_provider_replaces_is_not_signed(workspace: Workspace, changes: dict[str, str], is_signed: bool) -> None:
    pem = generate_key().pem.decode()
    draft = replace(DRAFT, dkim_domain="example.com", dkim_selector="m", dkim_key_pem=pem)
    account_id = add_account(workspace, replace(draft, **changes))  # type: ignore[arg-type]
    signers = signer(workspace, account_info(workspace, account_id).identities[0].id)

    assert signers is not None
    headers = [("From", b"a@example.com"), ("Message-ID", b"<1@example.com>"), ("Date", b"today")]
    signed = signers.sign(headers, b"Hello\r\n").split(b"h=")[1].split(b";")[0].lower()
    assert (b"message-id" in signed) is is_signed


def test_the_practice_account_takes_no_further_address(workspace: Workspace) -> None:
    add_practice_account(workspace)
    with pytest.raises(UserFacingError, match="cannot be changed"):
        add_identity(workspace, list_accounts(workspace)[0].id, IdentityDraft("N", "n@example.com"))
