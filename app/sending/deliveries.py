"""A delivery on its way, without the workspace it comes from.

Tuples, because they are made and handed to other processes by the thousand a second.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class LeasedDelivery(NamedTuple):
    """A delivery that this process means to send next.

    Attributes:
        account_id: The account it was last tried through; None if it never was.
        first_tried_at: When it was tried first; None if it never was, or is not deferred.
    """

    id: int
    contact_id: int | None
    address: str
    token: str
    attempts: int
    was_deferred: bool
    account_id: int | None = None
    first_tried_at: datetime | None = None

    @property
    def domain(self) -> str:
        """The recipient's domain, as the address has it."""
        return self.address.rpartition("@")[2]


class Row(NamedTuple):
    """A delivery that can go, and what is to be merged into its message."""

    delivery: LeasedDelivery
    values: Mapping[str, object]
