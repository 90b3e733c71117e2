"""A dispatch that comes up in the very moment in which the last sending process ends."""

import asyncio
from typing import Any, cast

import pytest

from app.models.states import TlsMode
from app.sending import lane as lanes
from app.sending.clock import SystemClock
from app.sending.domains import DomainLanes
from app.sending.lane import Lane, Sender
from app.sending.limits import Limits
from app.sending.smtp import SmtpAccount
from app.sending.throttle import Throttle
from app.sending.transport import Connection


class Server:
    """Notes that a connection is wanted, and lets it wait."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()

    async def open(self) -> Connection:
        self.is_asked.set()
        never: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        return await never


class OneMessage:
    """As much of a sender as a lane looks at before it has a connection."""

    dispatch_id, priority, may_have_rows, is_big = 1, 0, True, False

    def waiting_rows(self) -> int:
        return 1

    def free_in(self) -> float:
        return 0.0


async def test_it_is_sent_by_a_connection_of_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "useful_processes", lambda: 2)
    server, clock = Server(), SystemClock()
    lane = Lane(
        account_id=1,
        server="The server",
        transport=server,
        throttle=Throttle(Limits(), clock=clock),
        domains=DomainLanes({}, clock),
        connections=2,
        multi_core=SmtpAccount("127.0.0.1", 25, TlsMode.NONE_ON_LOOPBACK),
    )
    assert lane._processes is not None
    lane._processes.grow(1)  # nobody has anything to send: it ends in its first step
    sender = cast("Sender", cast("Any", OneMessage()))
    asyncio.get_running_loop().call_soon(lane.attach, sender)
    await asyncio.wait_for(server.is_asked.wait(), 2)
    lane.detach(sender)
    await lane.abort()
