"""How fast a dispatch goes, and how far it has come. pyqtgraph is imported when the first curve is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.pages.campaigns.words import clock, day, number
from app.ui.theme import Space, Type, tokens
from app.ui.widgets import Card, caption

if TYPE_CHECKING:
    from pyqtgraph import PlotWidget

Steps = Sequence[tuple[datetime, int]]

_GRID_LINES = 4


def step_for(duration: timedelta) -> int:
    """How many seconds one point of the curve stands for: few enough points to draw, enough to see the course."""
    if duration <= timedelta(minutes=3):
        return 1
    return 60 if duration <= timedelta(hours=6) else 3600


class SendingCharts(QWidget):
    """Two curves side by side: the rate, and the sum."""

    def __init__(self) -> None:
        super().__init__()
        self._rate = _Chart()
        self._total = _Chart()
        self._rate_card = Card(self.tr("Messages per second"))
        self._total_card = Card(self.tr("Sent altogether"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.L)
        for card, chart in ((self._rate_card, self._rate), (self._total_card, self._total)):
            card.body.addWidget(chart)
            card.body.setContentsMargins(Space.S, Space.XS, Space.L, Space.S)
            row.addWidget(card)

    def set_steps(self, steps: Steps, step_s: int, *, intended: int) -> None:
        """*steps*: how many messages were accepted in each step of *step_s* seconds that had any."""
        units = {
            1: self.tr("Messages per second"),
            60: self.tr("Messages per minute"),
            3600: self.tr("Messages per hour"),
        }
        self._rate_card.set_title(units[step_s])
        rate = _filled(steps, step_s)
        sums: list[tuple[float, float]] = []
        total = 0
        for at, count in steps:
            if not sums:
                sums.append((at.timestamp() - step_s, 0))
            total += count
            sums.append((at.timestamp(), total))
        self._rate.set_curve(rate, tokens_name="accent", stepped=step_s)
        self._total.set_curve(sums, tokens_name="second_series", top=intended)
        self._rate.setAccessibleDescription(
            self.tr("At most {0} in one step").format(number(max((count for _, count in steps), default=0)))
        )
        self._total.setAccessibleDescription(self.tr("{0} of {1}").format(number(total), number(intended)))
        self._rate.setAccessibleName(units[step_s])
        self._total.setAccessibleName(self.tr("Sent altogether"))


def _filled(steps: Steps, step_s: int) -> list[tuple[float, float]]:
    """The steps with the empty ones between them."""
    if not steps:
        return []
    by_step = {int(at.timestamp() // step_s): count for at, count in steps}
    first, last = min(by_step), max(by_step)
    return [(step * step_s, by_step.get(step, 0)) for step in range(first, last + 1)]


class _Chart(QWidget):
    """One curve over time, in the colours of the theme."""

    def __init__(self) -> None:
        super().__init__()
        self._plot: PlotWidget | None = None
        self._curve: Any = None
        self._points: list[tuple[float, float]] = []
        self._color = "accent"
        self._top = 0
        self._stepped = 0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._nothing = caption(self.tr("Nothing was sent yet."))
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(self._nothing)
        self.setMinimumHeight(96)

    def set_curve(self, points: list[tuple[float, float]], *, tokens_name: str, top: int = 0, stepped: int = 0) -> None:
        """*top*: what the axis reaches at least. *stepped*: the width of a bar in seconds; 0 draws a line."""
        if points == self._points and top == self._top:
            return
        self._points, self._color, self._top, self._stepped = points, tokens_name, top, stepped
        self._nothing.setVisible(not points)
        if points:
            self._draw()
        if self._plot is not None:
            self._plot.setVisible(bool(points))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._restyle(self._plot)
            self._draw()
        super().changeEvent(event)

    def _draw(self) -> None:
        import pyqtgraph

        if self._plot is None:
            self._plot = self._make_plot()
            self._column.addWidget(self._plot)
        color = QColor(getattr(tokens(), self._color))
        fill = QColor(color)
        fill.setAlphaF(0.16)
        xs = [x for x, _ in self._points]
        ys = [y for _, y in self._points]
        if self._stepped:
            # A step begins at its second and lasts one step; pyqtgraph wants one edge more than there are values.
            xs, step_mode = [*xs, xs[-1] + self._stepped], "center"
        else:
            step_mode = None
        self._curve.setData(xs, ys, stepMode=step_mode, fillLevel=0, brush=fill, pen=pyqtgraph.mkPen(color, width=2))
        highest = max(*ys, self._top, 1)
        self._plot.setYRange(0, highest * 1.12, padding=0)
        self._plot.setXRange(xs[0], max(xs[-1], xs[0] + 1), padding=0.01)
        axis = self._plot.getAxis("left")
        axis.setTicks([[(value, number(value)) for value in _round_values(highest)]])
        axis.setWidth(12 + 8 * len(number(_round_values(highest)[-1])))
        self._plot.getAxis("bottom").setTicks([_moments(xs[0], xs[-1])])

    def _make_plot(self) -> PlotWidget:
        import pyqtgraph

        plot = pyqtgraph.PlotWidget()
        plot.setMouseEnabled(x=False, y=False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.getPlotItem().setContentsMargins(0, 4, 0, 0)
        plot.showGrid(x=False, y=True, alpha=0.5)
        self._curve = pyqtgraph.PlotDataItem()
        plot.addItem(self._curve)
        self._restyle(plot)
        return plot

    def _restyle(self, plot: PlotWidget) -> None:
        import pyqtgraph

        current = tokens()
        plot.setBackground(QColor(current.surface))
        font = QFont(self.font())
        font.setPixelSize(Type.CAPTION)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(pyqtgraph.mkPen(QColor(current.line)))
            axis.setTextPen(QColor(current.faint))
            axis.setTickFont(font)
            axis.setStyle(tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)


def _round_values(highest: float) -> list[int]:
    """Four or fewer round numbers up to *highest*, and nought."""
    step = max(1, highest / _GRID_LINES)
    power = 10 ** (len(str(int(step))) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step)
    return [value * step for value in range(int(highest // step) + 1)]


def _moments(first: float, last: float) -> list[tuple[float, str]]:
    """Three places on the time axis."""
    span = last - first
    # A little inside, or the words would be cut at the edges.
    places = (first + span * 0.08, first + span / 2, last - span * 0.08) if span >= 5 else (first + span / 2,)
    words = [_axis_words(place, span) for place in places]
    return list(zip(places, words, strict=True))


def _axis_words(at: float, span: float) -> str:
    moment = datetime.fromtimestamp(at).astimezone()
    if span > 36 * 3600:
        return day(moment)
    return clock(moment, seconds=span < 600)
