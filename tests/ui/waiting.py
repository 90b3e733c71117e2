"""Waiting inside async tests, without the nested loops of `qtbot.waitSignal`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance

_PATIENCE_S = 5


async def signal_of(signal: SignalInstance) -> tuple[Any, ...]:
    """Wait for *signal* and return its arguments."""
    heard: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def hear(*arguments: Any) -> None:
        if not heard.done():
            heard.set_result(arguments)

    # Never disconnected: by then the sender may be gone, and a second signal changes nothing.
    signal.connect(hear)
    return await asyncio.wait_for(heard, _PATIENCE_S)


async def until(condition: Callable[[], object]) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the condition has no event to wait for
            await asyncio.sleep(0.01)
