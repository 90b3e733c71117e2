"""The program's own leg: an encrypted workspace, a launched campaign, and the agent as the app starts it."""

import secrets
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app import paths
from app.audience.audience import Audience
from app.audience.importer import run_import
from app.audience.proposal import plan_import
from app.content.letter import MessageSource
from app.content.library import add_template
from app.models.keys import WorkspaceKey
from app.models.states import DeliveryState, LawfulBasis, TlsMode
from app.models.workspace import SUFFIX, Workspace
from app.reports.metrics import dispatch_report
from app.sending import campaigns
from app.sending.accounts import AccountDraft, add_account, change_account, list_identities
from app.sending.plan import compile_campaign
from benchmarks import newsletter

_PATIENCE_S = 300


@dataclass(frozen=True)
class Product:
    """A workspace with everybody in it and a campaign ready to go, copied afresh for each run."""

    master: Path
    key: WorkspaceKey
    draft: AccountDraft
    account_id: int
    campaign_id: int
    recipients: int

    @classmethod
    def build(cls, folder: Path, people: list[dict[str, str]], *, dkim_key_pem: str, connections: int) -> "Product":
        """Make the workspace in *folder* the way a user does: import a spreadsheet, write a template."""
        key = WorkspaceKey(secrets.token_bytes(32))
        spreadsheet = folder / "customers.csv"
        newsletter.write_csv(spreadsheet, people)
        draft = AccountDraft(
            name="smtp-sink",
            host="127.0.0.1",
            port=25,
            tls=TlsMode.NONE_ON_LOOPBACK,
            username="",
            sender_name=newsletter.SENDER_NAME,
            sender_address=newsletter.SENDER,
            connections=connections,
            messages_per_connection=len(people),
            dkim_domain=newsletter.DOMAIN,
            dkim_selector=newsletter.SELECTOR,
            dkim_key_pem=dkim_key_pem,
        )
        workspace = Workspace.create(folder / f"master{SUFFIX}", key, organisation=newsletter.ORGANISATION)
        with closing(workspace):
            plan = plan_import(
                workspace, spreadsheet, new_list_name="Customers", basis=LawfulBasis.CONSENT, source="benchmark"
            )
            run_import(workspace, plan)
            account_id = add_account(workspace, draft)
            campaign_id = campaigns.create_campaign(
                workspace,
                name="Spring",
                template_id=add_template(workspace, name="Spring", mjml=newsletter.mjml(), subject=newsletter.SUBJECT),
                identity_id=list_identities(workspace)[0].id,
                audience=Audience(everyone=True),
            )
        return cls(workspace.path, key, draft, account_id, campaign_id, len(people))

    def message_source(self) -> MessageSource:
        """The message as the program compiles it, for the rivals to send the same."""
        with closing(Workspace.open(self.master, self.key)) as workspace, workspace.read() as session:
            return compile_campaign(session, self.campaign_id)

    def send(self, port: int) -> float:
        """Send to everybody and return the seconds from the freezing of the audience to the end of the dispatch."""
        copy = self.master.with_name(f"{secrets.token_hex(4)}{SUFFIX}")
        shutil.copyfile(self.master, copy)
        with closing(Workspace.open(copy, self.key)) as workspace:
            change_account(workspace, self.account_id, replace(self.draft, port=port, dkim_key_pem=None))
            dispatch_id = campaigns.launch(workspace, self.campaign_id, grace=campaigns.NO_GRACE)
        self._run_agent(copy)
        with closing(Workspace.open(copy, self.key)) as workspace:
            report = dispatch_report(workspace, dispatch_id)
        if (
            report.started_at is None
            or report.finished_at is None
            or report.counts[DeliveryState.SENT] != self.recipients
        ):
            raise SystemExit(f"The dispatch did not end well: {report}")
        copy.unlink()
        return (report.finished_at - report.started_at).total_seconds()

    def _run_agent(self, workspace: Path) -> None:
        """Run the agent until it has nothing left to do: its standard input is closed, so it leaves by itself."""
        command = [*paths.program(), "agent", "--workspace", str(workspace), "--key-fd", "0", "--leave-with-app"]
        agent = subprocess.run(
            command,
            input=f"{self.key.recovery_text()}\n".encode(),
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
        )
        if agent.returncode:
            raise SystemExit(f"The agent ended with {agent.returncode}: {agent.stderr.decode(errors='replace')}")
