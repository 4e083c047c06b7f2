"""What a benchmark has found out, and how to print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. Without a `target` it is only reported, and `is_met` means nothing."""

    what: str
    measured: str
    target: str = ""
    is_met: bool = True

    @property
    def verdict(self) -> str:
        return ("met" if self.is_met else "NOT MET") if self.target else "reported"


def at_least(what: str, values: Sequence[float], target: float, unit: str = "") -> Finding:
    """The median of the rounds' ratios, with their quartiles, against the least that it should be."""
    found = median(values)
    return Finding(what, f"{spread(values)}{unit}", f"≥ {target:g}{unit}", is_met=found >= target)


def at_most(what: str, values: Sequence[float], target: float, unit: str = "") -> Finding:
    found = median(values)
    return Finding(what, f"{spread(values)}{unit}", f"≤ {target:g}{unit}", is_met=found <= target)


def spread(values: Sequence[float]) -> str:
    low, middle, high = quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of all do not pass."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def table(findings: Sequence[Finding]) -> str:
    """All findings as one table for a terminal."""
    rows = [("what", "measured", "target", ""), *((f.what, f.measured, f.target, f.verdict) for f in findings)]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "  ".join("─" * width for width in widths).rstrip()
    return "\n".join([lines[0], rule, *lines[1:]])
