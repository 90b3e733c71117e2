"""Accounts and their secrets: stored sealed, changed one at a time, removed without a trace."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.errors import UserFacingError
from app.models.states import TlsMode
from app.models.tables import Secret
from app.models.workspace import Workspace
from app.sending.accounts import (
    AccountDraft,
    add_account,
    add_practice_account,
    change_account,
    list_accounts,
    remove_account,
    signer,
    smtp_account,
)
from app.sending.dkim import generate_key
from app.sending.stored_secrets import read_secrets

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
