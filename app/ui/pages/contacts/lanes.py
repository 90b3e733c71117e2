"""Where the columns lie in the viewport: the frozen ones at the leading edge, the others scrolled beside them.

Pixels and numbers alone, no Qt, so that header, painter, mouse and editors cannot disagree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

_LEAST_MOVING = 160
"""So many pixels are left for what scrolls; frozen columns beyond that scroll as well."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A column as it lies in the viewport: its number, its left edge, its width."""

    section: int
    x: int
    width: int

    @property
    def end(self) -> int:
        """The first pixel to the right of it."""
        return self.x + self.width


class Lanes:
    """
    Attributes:
        frozen: How many columns do not scroll.
        frozen_width: How many pixels they take.
        total: How many pixels all columns take.
    """

    def __init__(
        self, widths: Sequence[int], *, room: int, offset: int = 0, frozen: int = 0, rtl: bool = False
    ) -> None:
        """*room*: the width of the viewport. *offset*: how far the user has scrolled. *rtl*: begin at the right."""
        self._widths = widths
        self._starts = [0, *accumulate(widths)]
        self._room = room
        self._offset = offset
        self._rtl = rtl
        frozen = min(frozen, len(widths))
        while frozen and self._starts[frozen] > room - _LEAST_MOVING:
            frozen -= 1
        self.frozen = frozen
        self.frozen_width = self._starts[frozen]
        self.total = self._starts[-1]

    def strip(self, section: int) -> Strip:
        start = self._starts[section] - (self._offset if section >= self.frozen else 0)
        width = self._widths[section]
        return Strip(section, self._mirrored(start, width), width)

    def at(self, x: int) -> int:
        """The column under *x*; -1 beside all of them."""
        if self._rtl:
            x = self._room - 1 - x
        if x < 0:
            return -1
        place = x if x < self.frozen_width else x + self._offset
        section = bisect_right(self._starts, place) - 1
        return section if section < len(self._widths) else -1

    def nearest(self, x: int) -> int:
        """The column under *x*, or the first or last one for what lies beside them."""
        found = self.at(x)
        if found >= 0:
            return found
        is_before = (self._room - 1 - x if self._rtl else x) < 0
        return 0 if is_before or not self._widths else len(self._widths) - 1

    def edge_at(self, x: int, reach: int) -> int:
        """The column whose trailing edge is at most *reach* pixels from *x*; -1 if none is."""
        for near in (x, x - reach - 1, x + reach + 1):
            section = self.at(near)
            if section >= 0 and abs(self._trailing_edge(section) - x) <= reach:
                return section
        return -1

    @property
    def frozen_strips(self) -> list[Strip]:
        return [self.strip(section) for section in range(self.frozen)]

    def moving_strips(self, left: int, right: int) -> Iterator[Strip]:
        """The scrolled columns of which anything lies between two pixels."""
        for section in range(self.frozen, len(self._widths)):
            strip = self.strip(section)
            if strip.x <= right and strip.end > left:
                yield strip

    def moving_area(self) -> tuple[int, int]:
        """The left edge and the width of what is not frozen."""
        width = max(0, self._room - self.frozen_width)
        return (0 if self._rtl else self.frozen_width), width

    def offset_for(self, section: int) -> int:
        """How far to scroll so that *section* is in sight; as it is where it is already."""
        if section < self.frozen:
            return self._offset
        start, end = self._starts[section], self._starts[section + 1]
        if start - self._offset < self.frozen_width or end - start > self._room - self.frozen_width:
            return start - self.frozen_width
        return max(self._offset, end - self._room)

    def _trailing_edge(self, section: int) -> int:
        strip = self.strip(section)
        return strip.x if self._rtl else strip.end

    def _mirrored(self, start: int, width: int) -> int:
        return self._room - start - width if self._rtl else start
