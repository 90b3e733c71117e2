"""The accounts of the demo workspace: a mailbox, a mailing service, and what went out through them today."""

from __future__ import annotations

import datetime as dt
import time

from app.models.states import AccountKind, TlsMode
from app.models.tables import AccountUsage
from app.models.workspace import Workspace
from app.sending.accounts import AccountDraft, IdentityDraft, add_account, add_identity
from app.sending.limits import Limits
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow


def add_accounts(workspace: Workspace) -> None:
    """Add them; nothing can really be sent through them."""
    shop = add_account(
        workspace,
        AccountDraft(
            name="Shop mail",
            host="mail.example.com",
            port=587,
            tls=TlsMode.STARTTLS,
            username="shop@example.com",
            password="not a real one",
            sender_name="Blumen Berger",
            sender_address="shop@example.com",
            limits=Limits(per_hour=300, per_day=2000),
            preset="own_server",
            keeps_return_path=True,
        ),
    )
    add_identity(workspace, shop, IdentityDraft("Ines Berger", "ines@example.com", reply_to="office@example.com"))
    news = add_account(
        workspace,
        AccountDraft(
            name="Newsletter",
            host="",
            port=0,
            tls=TlsMode.STARTTLS,
            username="AKIAIOSFODNN7EXAMPLE",
            password="not a real one",
            sender_name="Blumen Berger",
            sender_address="news@example.com",
            limits=Limits(per_second=14, per_day=50_000),
            kind=AccountKind.SES,
            preset="ses_api",
            region="eu-central-1",
            keeps_return_path=True,
            warm_up=WarmUp(dt.datetime.now().astimezone().date() - dt.timedelta(days=6)),
            window=SendingWindow(frozenset(range(5)), dt.time(8), dt.time(18), "Europe/Berlin"),
        ),
    )
    with workspace.write() as session:
        minute = int(time.time()) // 60
        session.add_all(
            [
                AccountUsage(account_id=shop, minute=minute - 90, count=212),
                AccountUsage(account_id=news, minute=minute - 40, count=430),
            ]
        )
