"""The program's own leg: an encrypted workspace, a launched campaign, and the agent as the app starts it."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

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
from benchmarks import crowd, newsletter
from benchmarks.agents import Agent
from benchmarks.processes import PeakMemory, watching_memory


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

        def populate(workspace: Workspace) -> None:
            spreadsheet = folder / "customers.csv"
            newsletter.write_csv(spreadsheet, people)
            plan = plan_import(
                workspace, spreadsheet, new_list_name="Customers", basis=LawfulBasis.CONSENT, source="benchmark"
            )
            run_import(workspace, plan)

        return cls._build(folder, populate, len(people), account_draft(dkim_key_pem, connections=connections))

    @classmethod
    def build_big(cls, folder: Path, count: int, *, dkim_key_pem: str, connections: int) -> "Product":
        """Make the workspace in *folder* for so many that an import would take longer than the measurement."""
        draft = account_draft(dkim_key_pem, connections=connections)
        return cls._build(folder, lambda workspace: crowd.add_people(workspace, count), count, draft)

    @classmethod
    def _build(
        cls, folder: Path, populate: Callable[[Workspace], None], recipients: int, draft: AccountDraft
    ) -> "Product":
        key = WorkspaceKey(secrets.token_bytes(32))
        workspace = Workspace.create(folder / f"master{SUFFIX}", key, organisation=newsletter.ORGANISATION)
        with closing(workspace):
            populate(workspace)
            account_id, campaign_id = add_campaign(workspace, draft)
        return cls(workspace.path, key, draft, account_id, campaign_id, recipients)

    def message_source(self) -> MessageSource:
        """The message as the program compiles it, for the rivals to send the same."""
        with closing(Workspace.open(self.master, self.key)) as workspace, workspace.read() as session:
            return compile_campaign(session, self.campaign_id)

    @contextmanager
    def copied(self, port: int) -> Iterator[Path]:
        """A copy of the workspace whose account sends to *port*; it is gone afterwards."""
        copy = self.master.with_name(f"{secrets.token_hex(4)}{SUFFIX}")
        shutil.copyfile(self.master, copy)
        try:
            with closing(Workspace.open(copy, self.key)) as workspace:
                change_account(workspace, self.account_id, replace(self.draft, port=port, dkim_key_pem=None))
            yield copy
        finally:
            for left in copy.parent.glob(f"{copy.name}*"):
                left.unlink()

    def send(self, port: int) -> float:
        """Send to everybody and return the seconds from the freezing of the audience to the end of the dispatch."""
        return self.send_and_watch(port)[0]

    def send_and_watch(self, port: int) -> tuple[float, PeakMemory]:
        """`send`, with the memory of the agent and all processes that it has started."""
        with self.copied(port) as copy:
            with closing(Workspace.open(copy, self.key)) as workspace:
                dispatch_id = campaigns.launch(workspace, self.campaign_id, grace=campaigns.NO_GRACE)
            agent = Agent(copy, self.key)
            with watching_memory(agent.pid) as memory:
                agent.leave()
                agent.wait(patience_s=patience_s(self.recipients))
            with closing(Workspace.open(copy, self.key)) as workspace:
                return seconds_of(workspace, dispatch_id, self.recipients), memory


def patience_s(messages: int) -> float:
    """How long so many may take on a machine that has other things to do as well."""
    return 300 + messages / 100


def account_draft(dkim_key_pem: str, *, connections: int, port: int = 25) -> AccountDraft:
    """An account at a sink on loopback, without limits."""
    return AccountDraft(
        name="smtp-sink",
        host="127.0.0.1",
        port=port,
        tls=TlsMode.NONE_ON_LOOPBACK,
        username="",
        sender_name=newsletter.SENDER_NAME,
        sender_address=newsletter.SENDER,
        connections=connections,
        messages_per_connection=1_000_000,
        dkim_domain=newsletter.DOMAIN,
        dkim_selector=newsletter.SELECTOR,
        dkim_key_pem=dkim_key_pem,
    )


def add_campaign(workspace: Workspace, draft: AccountDraft) -> tuple[int, int]:
    """Add an account and the newsletter to everybody; the result is their ids."""
    account_id = add_account(workspace, draft)
    campaign_id = campaigns.create_campaign(
        workspace,
        name="Spring",
        template_id=add_template(workspace, name="Spring", mjml=newsletter.mjml(), subject=newsletter.SUBJECT),
        identity_id=list_identities(workspace)[0].id,
        audience=Audience(everyone=True),
    )
    return account_id, campaign_id


def seconds_of(workspace: Workspace, dispatch_id: int, recipients: int) -> float:
    """How long a dispatch took, from the freezing of its audience to its end.

    Raises:
        SystemExit: it did not reach everybody.
    """
    report = dispatch_report(workspace, dispatch_id)
    if report.started_at is None or report.finished_at is None or report.counts[DeliveryState.SENT] != recipients:
        raise SystemExit(f"The dispatch did not end well: {report}")
    return (report.finished_at - report.started_at).total_seconds()
