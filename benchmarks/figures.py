"""A measured figure with its goal, and how figures are printed."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One result of a benchmark.

    Attributes:
        name: As it appears in the JSON line and in the history.
        goal: The bound it is judged by; None for a figure that only informs.
        better: Which side of the goal is the good one.
        anchor: What stands on the other side of the ratio, or how the value came about.
    """

    name: str
    value: float
    unit: str
    anchor: str
    goal: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def is_ok(self) -> bool:
        """Whether the goal is met."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal

    @property
    def goal_text(self) -> str:
        """The goal as people write it; empty if there is none."""
        if self.goal is None:
            return ""
        return f"{'≥' if self.better == 'higher' else '≤'} {self.goal:g} {self.unit}"


def median_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median of the ratios within each round: what interleaving is for, as a busy moment hits both sides."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def print_figures(figures: Iterable[Figure], console: Console) -> None:
    """The figures as a table for people."""
    table = Table("Figure", "Value", "Goal", "", "Against", box=None, header_style="bold")
    for figure in figures:
        verdict = "" if figure.goal is None else "ok" if figure.is_ok else "[red]missed"
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}", figure.goal_text, verdict, figure.anchor)
    console.print()
    console.print(table)


def json_line(figures: Iterable[Figure]) -> str:
    """The figures as one line of JSON for machines."""
    return json.dumps(
        {
            figure.name: {
                "value": round(figure.value, 3),
                "unit": figure.unit,
                "goal": figure.goal_text,
                "anchor": figure.anchor,
                "ok": figure.is_ok,
            }
            for figure in figures
        },
        ensure_ascii=False,
    )
