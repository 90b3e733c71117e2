"""The table of messages as a spreadsheet."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from app.audience.export import write_table
from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryRow, delivery_ids, delivery_page

HEADER = ("E-mail", "Name", "State", "Reason", "Server's reply", "Attempts", "When (UTC)")
_PAGE_ROWS = 2000


def export_deliveries(
    workspace: Workspace,
    dispatch_id: int,
    path: Path,
    *,
    states: Collection[DeliveryState] = (),
    search: str = "",
    words: Callable[[DeliveryState, str], tuple[str, str]],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write the deliveries in one of *states* (all, if none is given) to *path*, as CSV or XLSX by its ending.

    Args:
        words: What a state and a reason are called.
        progress: Is told how many rows of how many are written.

    Returns:
        How many rows were written.

    Raises:
        Cancelled: *is_cancelled* said so; no file is left.
        UserFacingError: the file cannot be written, or its ending is none of a table.
    """
    ids = delivery_ids(workspace, dispatch_id, states=states, search=search)

    def rows() -> Iterator[tuple[str | int, ...]]:
        for start in range(0, len(ids), _PAGE_ROWS):
            for row in delivery_page(workspace, ids[start : start + _PAGE_ROWS]):
                yield _cells(row, words)

    write_table(path, HEADER, rows(), progress=lambda done: progress(done, len(ids)), is_cancelled=is_cancelled)
    return len(ids)


def _cells(row: DeliveryRow, words: Callable[[DeliveryState, str], tuple[str, str]]) -> tuple[str | int, ...]:
    when = row.settled_at.strftime("%Y-%m-%d %H:%M:%S") if row.settled_at else ""
    return (row.address, row.name, *words(row.state, row.reason), row.reply, row.attempts, when)
