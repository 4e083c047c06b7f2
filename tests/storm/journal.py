"""What happens in a storm, in order; kept for whoever has to find out why a promise was broken."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import monotonic


class Journal:
    """Lines of who did what when, and how often each kind of thing was done. A `fault` is a defect by itself."""

    def __init__(self) -> None:
        self.begin()
        self._lines: list[str] = []
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []

    def begin(self) -> None:
        """Count the seconds from here on."""
        self._began = monotonic()

    def write(self, who: str, kind: str, detail: object = "") -> None:
        self.done[kind] += 1
        self._lines.append(f"{monotonic() - self._began:7.2f} {who:10} {kind} {detail}".rstrip())

    def fault(self, who: str, what: str) -> None:
        self.write(who, "fault", what)
        self.faults.append(f"{who}: {what}")

    def save(self, place: Path) -> None:
        place.write_text("\n".join(self._lines) + "\n")
