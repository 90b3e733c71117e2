"""Following a dispatch in the terminal until nothing more happens to it by itself."""

import asyncio

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.cli.output import Output
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, dispatch_report

_LOOK_EVERY_S = 0.2
_ON_ITS_WAY = frozenset({CampaignStatus.SCHEDULED, CampaignStatus.SENDING})


async def follow(workspace: Workspace, dispatch_id: int, output: Output) -> DispatchReport:
    """Show a progress bar until the dispatch is over, or rests until the user acts."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with output.progress(*columns, transient=False) as bar:
        task = bar.add_task("Sending", total=None)
        while True:
            report = await asyncio.to_thread(dispatch_report, workspace, dispatch_id)
            counts = report.counts
            waits = f" ({escape(report.note)})" if report.note else ""
            bar.update(
                task,
                description=f"Sending{waits}",
                completed=counts.settled,
                total=counts.intended or None,
            )
            if report.status not in _ON_ITS_WAY:
                return report
            if counts[DeliveryState.DEFERRED] and counts.left == counts[DeliveryState.DEFERRED]:
                bar.update(task, description="Waiting to try again")
            await asyncio.sleep(_LOOK_EVERY_S)
