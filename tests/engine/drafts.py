"""Campaigns that are not launched yet, and what arrives of them."""

import email.policy
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from app.models.workspace import Workspace
from app.sending import campaigns
from tests.engine.builders import a_campaign, an_account
from tests.engine.conftest import an_agent, until_rest
from tests.sending.smtp_server import SmtpServer


def a_draft(workspace: Workspace, port: int = 25, **changes: object) -> int:
    campaign_id = a_campaign(workspace, an_account(workspace, port))
    campaigns.change_campaign(workspace, campaign_id, **changes)  # type: ignore[arg-type]
    return campaign_id


async def what_arrives(workspace: Workspace, server: SmtpServer, campaign_id: int) -> dict[str, EmailMessage]:
    """Send the campaign; the messages by recipient."""
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    return {mail.recipient: message_from_bytes(mail.content, policy=email.policy.default) for mail in server.mails}


def a_folder(path: Path, *names: str) -> Path:
    """A new folder with files of these names."""
    path.mkdir()
    for name in names:
        (path / name).write_bytes(b"%PDF " + name.encode())
    return path
