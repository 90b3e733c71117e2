"""The table of messages as a spreadsheet."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from app.audience.export import write_table
from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import AttemptRow, DeliveryRow, attempts_of, delivery_ids, delivery_page

HEADER = (
    "E-mail", "Name", "State", "Reason", "Server's reply", "Tries", "When (UTC)", "Account", "Replies to each try",
)  # fmt: skip
_PAGE_ROWS = 2000
_BETWEEN_TRIES = " | "

Words = Callable[[DeliveryState, str], tuple[str, str]]
"""What a state and a reason are called."""


def export_deliveries(
    workspace: Workspace,
    dispatch_id: int,
    path: Path,
    *,
    states: Collection[DeliveryState] = (),
    reasons: Collection[str] = (),
    search: str = "",
    words: Words,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write the deliveries that came to one of *states* for one of *reasons* (all, if none is given) to *path*, as CSV
    or XLSX by its ending.

    What strangers wrote, names and the replies of servers, stays text: no spreadsheet runs it as a formula.

    Args:
        search: Only those whose address contains this.
        words: What a state and a reason are called.
        progress: Is told how many rows of how many are written.

    Returns:
        How many rows were written.

    Raises:
        Cancelled: *is_cancelled* said so; no file is left.
        UserFacingError: the file cannot be written, or its ending is none of a table.
    """
    ids = delivery_ids(workspace, dispatch_id, states=states, reasons=reasons, search=search)

    def rows() -> Iterator[tuple[str | int, ...]]:
        for start in range(0, len(ids), _PAGE_ROWS):
            page = ids[start : start + _PAGE_ROWS]
            tries = attempts_of(workspace, page)
            for row in delivery_page(workspace, page):
                yield _cells(row, tries.get(row.id, ()), words)

    write_table(path, HEADER, rows(), progress=lambda done: progress(done, len(ids)), is_cancelled=is_cancelled)
    return len(ids)


def _cells(row: DeliveryRow, tries: tuple[AttemptRow, ...], words: Words) -> tuple[str | int, ...]:
    return (
        row.address,
        row.name,
        *words(row.state, row.reason),
        row.reply,
        row.attempts,
        _moment(row.settled_at) if row.settled_at else "",
        row.account,
        _BETWEEN_TRIES.join(_answer(one, words) for one in tries),
    )


def _answer(one: AttemptRow, words: Words) -> str:
    """One try: when, and what the server said; or why it said nothing."""
    said = one.reply or words(DeliveryState.DEFERRED, one.reason)[1]
    return f"{_moment(one.at)}: {said}"


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
