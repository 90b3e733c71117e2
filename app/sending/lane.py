"""What the dispatches of one account share: its transport, its limits, and its number of connections."""

import asyncio
from dataclasses import dataclass, field

from app.sending.throttle import Throttle
from app.sending.transport import Transport


@dataclass
class Lane:
    """One account while it sends."""

    account_id: int
    server: str
    transport: Transport
    throttle: Throttle
    connections: int
    slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.connections)
