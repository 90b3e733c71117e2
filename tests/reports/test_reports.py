from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.audience.tabular import open_table
from app.errors import Cancelled, UserFacingError
from app.models.base import utcnow
from app.models.states import AccountKind, DeliveryState, SkipReason
from app.models.tables import Account, Attempt, Campaign, Contact, Delivery, Dispatch, Identity
from app.models.workspace import Workspace
from app.reports.export import HEADER, export_deliveries
from app.reports.metrics import (
    attempts,
    delivery_counts,
    delivery_ids,
    delivery_page,
    dispatch_report,
    reason_counts,
    sent_over_time,
)

pytestmark = pytest.mark.any_workspace

pytestmark = pytest.mark.any_workspace

START = utcnow().replace(microsecond=0)
STATES = {
    "a": (DeliveryState.SENT, ""),
    "b": (DeliveryState.SENT, ""),
    "c": (DeliveryState.FAILED, "no_mailbox"),
    "d": (DeliveryState.SKIPPED, SkipReason.SUPPRESSED.value),
    "e": (DeliveryState.QUEUED, ""),
}


@pytest.fixture
def dispatch(workspace: Workspace) -> int:
    """A dispatch to five people, half done."""
    with workspace.write() as session:
        session.add_all([Account(id=1, name="Shop", kind=AccountKind.PRACTICE), Campaign(id=1, name="Sale")])
        session.flush()
        session.add(Identity(id=1, account_id=1, name="", address="shop@example.org"))
        session.flush()
        session.add(Dispatch(id=1, campaign_id=1, account_id=1, identity_id=1, due_at=START))
        session.flush()
        for number, (name, (state, reason)) in enumerate(STATES.items()):
            settled = START + timedelta(seconds=number) if state is DeliveryState.SENT else None
            session.add(
                Delivery(
                    dispatch_id=1, address=f"{name}@x.org", token=name, state=state, reason=reason, settled_at=settled,
                    reply="=550 5.1.1 no such user" if state is DeliveryState.FAILED else "",
                    account_id=1 if state is DeliveryState.FAILED else None,
                )
            )  # fmt: skip
        session.flush()
        session.add(Attempt(delivery_id=3, at=START, outcome="deferred", reason="timeout"))
        session.flush()
        session.add(Attempt(delivery_id=3, at=START, outcome="failed", code=550, enhanced="5.1.1", text="no such user"))
    return 1


def test_a_report_counts_every_state(workspace: Workspace, dispatch: int) -> None:
    report = dispatch_report(workspace, dispatch)
    counts = report.counts
    assert (counts.total, counts.intended, counts.left, counts.settled, counts.done_share) == (5, 4, 1, 3, 0.75)
    assert delivery_counts(workspace, [dispatch, 99]) == {dispatch: counts, 99: type(counts)({})}
    assert {(row.state, row.reason, row.count) for row in reason_counts(workspace, dispatch)} == {
        (DeliveryState.FAILED, "no_mailbox", 1),
        (DeliveryState.SKIPPED, "suppressed", 1),
    }
    assert [count for _, count in sent_over_time(workspace, dispatch)] == [1, 1]


def test_a_sender_without_a_name_is_an_address(workspace: Workspace, dispatch: int) -> None:
    assert dispatch_report(workspace, dispatch).sender == "shop@example.org"


def test_a_dispatch_taken_back_ends_in_a_sentence(workspace: Workspace) -> None:
    with pytest.raises(UserFacingError, match="taken back"):
        dispatch_report(workspace, 1)


def test_messages_are_chosen_by_state_and_address(workspace: Workspace, dispatch: int) -> None:
    found = delivery_ids(workspace, dispatch, states=[DeliveryState.SENT], search=" B@X ")
    assert [row.address for row in delivery_page(workspace, [*found, 999])] == ["b@x.org"]
    assert [attempt.reply for attempt in attempts(workspace, 3)] == ["", "550 5.1.1 no such user"]
    assert attempts(workspace, 1) == ()
    assert list(delivery_ids(workspace, dispatch, reasons=["no_mailbox", "suppressed"])) == [3, 4]
    assert list(delivery_ids(workspace, dispatch, reasons=["no_mailbox"], states=[DeliveryState.SKIPPED])) == []


@pytest.mark.parametrize("name", ["out.csv", "out.XLSX"])
def test_the_table_of_messages_is_written_as_it_is_shown(
    workspace: Workspace, dispatch: int, tmp_path: Path, name: str
) -> None:
    told: list[tuple[int, int]] = []
    written = export_deliveries(
        workspace,
        dispatch,
        tmp_path / name,
        words=lambda state, reason: (state.upper(), reason),
        progress=lambda done, total: told.append((done, total)),
    )
    table = open_table(tmp_path / name)
    cells = [row.cells for row in table.rows()]
    moment = START.strftime("%Y-%m-%d %H:%M:%S")
    assert (written, told[-1], table.header) == (5, (5, 5), HEADER)
    assert cells[2][:5] == ("c@x.org", None, "FAILED", "no_mailbox", "=550 5.1.1 no such user")
    assert cells[2][7:] == ("Shop", f"{moment}: timeout | {moment}: 550 5.1.1 no such user")


def test_any_outcome_can_be_exported_alone(workspace: Workspace, dispatch: int, tmp_path: Path) -> None:
    written = export_deliveries(
        workspace,
        dispatch,
        tmp_path / "failed.csv",
        states=[DeliveryState.FAILED],
        reasons=["no_mailbox"],
        words=lambda *words: words,
    )
    assert written == 1
    assert [row.cells[0] for row in open_table(tmp_path / "failed.csv").rows()] == ["c@x.org"]


def test_what_strangers_wrote_runs_in_no_spreadsheet(workspace: Workspace, dispatch: int, tmp_path: Path) -> None:
    with workspace.write() as session:
        contact = Contact(
            email="c@x.org", first_name="=HYPERLINK(1)", address_hash=b"c", created_at=START, updated_at=START
        )
        session.add(contact)
        session.flush()
        session.get_one(Delivery, 3).contact_id = contact.id
    for name in ("out.csv", "out.xlsx"):
        export_deliveries(workspace, dispatch, tmp_path / name, words=lambda *words: words)
    text = (tmp_path / "out.csv").read_text("utf-8-sig")
    assert ";'=HYPERLINK(1);" in text
    assert ";'=550 5.1.1 no such user;" in text
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_an_export_that_cannot_be_leaves_no_file(workspace: Workspace, dispatch: int, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        export_deliveries(
            workspace, dispatch, tmp_path / "a.csv", words=lambda *words: words, is_cancelled=lambda: True
        )
    with pytest.raises(UserFacingError, match="which kind of table"):
        export_deliveries(workspace, dispatch, tmp_path / "a.pdf", words=lambda *words: words)
    assert [path.name for path in tmp_path.iterdir() if path.suffix in {".csv", ".pdf", ".part"}] == []
