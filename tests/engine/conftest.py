"""A real SMTP server that can be told to misbehave, and an agent in the test's own loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, delivery_ids, delivery_page, dispatch_report
from app.sending.agent import run_agent
from tests.sending.smtp_server import SmtpServer

PATIENCE_S = 20.0
ON_ITS_WAY = frozenset({CampaignStatus.SCHEDULED, CampaignStatus.SENDING})


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """A server that offers PIPELINING and takes everything, until the test says otherwise."""
    async with SmtpServer() as server:
        yield server


@asynccontextmanager
async def an_agent(workspace: Workspace) -> AsyncIterator[None]:
    """An agent at work on *workspace* while the context lasts; a fault of it fails the test."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_agent(workspace, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(
    workspace: Workspace, dispatch_id: int, is_so: Callable[[DispatchReport], bool], *, patience_s: float = PATIENCE_S
) -> DispatchReport:
    """The report of the dispatch as soon as *is_so* holds for it."""
    report = dispatch_report(workspace, dispatch_id)

    async def look() -> DispatchReport:
        nonlocal report
        while True:
            report = await asyncio.to_thread(dispatch_report, workspace, dispatch_id)
            if is_so(report):
                return report
            await asyncio.sleep(0.02)

    try:
        return await asyncio.wait_for(look(), patience_s)
    except TimeoutError:
        raise AssertionError(f"it never came to that: {report}") from None


def still_waiting(workspace: Workspace, dispatch_id: int) -> str:
    """The address of somebody whose turn has not come."""
    return delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[DeliveryState.QUEUED])[-1:])[0].address


async def until_rest(workspace: Workspace, dispatch_id: int) -> DispatchReport:
    """The report once nothing more happens without the user."""
    return await until(workspace, dispatch_id, lambda report: report.status not in ON_ITS_WAY)


async def eventually(is_so: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
    """Wait until *is_so* holds."""

    async def look() -> None:
        while not is_so():  # noqa: ASYNC110  a server's list of mails has no event
            await asyncio.sleep(0.01)

    await asyncio.wait_for(look(), patience_s)
