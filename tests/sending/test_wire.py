"""Waiting for a reply: every wait has its own deadline, though one timer serves them all."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.sending.reasons import Reason
from app.sending.wire import Interruption, Wire


class _Ends(list[asyncio.StreamWriter]):
    port: int

    def __init__(self) -> None:
        super().__init__()
        self.connected = asyncio.Event()

    def accept(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.append(writer)
        self.connected.set()


@pytest.fixture
async def server() -> AsyncIterator[_Ends]:
    """The server's ends of the connections made to its port."""
    ends = _Ends()
    listening = await asyncio.start_server(ends.accept, "127.0.0.1", 0)
    ends.port = listening.sockets[0].getsockname()[1]
    yield ends
    for end in ends:
        end.close()
    listening.close()
    await listening.wait_closed()


@pytest.fixture
async def wire(server: _Ends) -> AsyncIterator[Wire]:
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", server.port)
    wire = Wire(transport)
    await server.connected.wait()
    yield wire
    await wire.close(timeout_s=0.1)


async def seconds_until_given_up(wire: Wire, timeout_s: float) -> float:
    start = asyncio.get_running_loop().time()
    with pytest.raises(Interruption) as caught:
        await wire.reply(timeout_s)
    assert caught.value.reason is Reason.TIMEOUT
    return asyncio.get_running_loop().time() - start


async def test_a_short_wait_after_a_long_one_ends_in_its_own_time(server: _Ends, wire: Wire) -> None:
    waiting = asyncio.create_task(wire.reply(timeout_s=60))
    await asyncio.sleep(0)
    server[0].write(b"250 Ok\r\n")
    await waiting

    waited_s = await seconds_until_given_up(wire, 0.05)

    assert 0.05 <= waited_s < 1


async def test_a_long_wait_is_not_cut_short_by_the_one_before(server: _Ends, wire: Wire) -> None:
    waiting = asyncio.create_task(wire.reply(timeout_s=0.03))
    await asyncio.sleep(0)
    server[0].write(b"250 Ok\r\n")
    await waiting

    waited_s = await seconds_until_given_up(wire, 0.1)

    assert 0.1 <= waited_s < 1


async def test_a_server_that_trickles_gains_no_time(server: _Ends, wire: Wire) -> None:
    async def trickle() -> None:
        while True:
            server[0].write(b"2")
            await asyncio.sleep(0.01)

    trickling = asyncio.create_task(trickle())

    waited_s = await seconds_until_given_up(wire, 0.08)
    trickling.cancel()

    assert waited_s < 1


async def test_replies_that_came_before_the_line_broke_are_still_read(server: _Ends, wire: Wire) -> None:
    server[0].write(b"250 first\r\n250 second\r\n")
    server[0].close()

    first, second = await wire.reply(1), await wire.reply(1)

    assert (first.text, second.text) == ("first", "second")
    with pytest.raises(Interruption) as caught:
        await wire.reply(1)
    assert caught.value.reason is Reason.CONNECTION_LOST
    assert not wire.is_open
