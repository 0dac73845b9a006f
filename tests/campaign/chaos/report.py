"""The campaign's matrix: a row for each scenario, for people as they come, and as one document for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.campaign.chaos.verdicts import End, Tally

SHOWN = 5
_HEADINGS = ("runs", "completed", "undone", "attention/waiting", "violations", "verdict")
_TITLE_WIDTH = 66


@dataclass(frozen=True)
class Row:
    """One scenario on one database; `note` says why it was not run, or only in part."""

    database: str
    part: str
    title: str
    tally: Tally
    note: str = ""
    answers: Mapping[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> float | None:
        """Tell the share of checkouts that nothing speaks against, in percent; None when there were none."""
        if not self.tally.runs:
            return None if not self.tally.violations else 0.0
        return 100 * max(0, self.tally.runs - len(self.tally.violations)) / self.tally.runs

    def as_line(self) -> str:
        """Write the row for people."""
        if self.verdict is None:
            return f"{self.title:{_TITLE_WIDTH}} not run: {self.note}"
        ends = self.tally.ends
        waiting = ends[End.ATTENTION] + ends[End.WAITING]
        cells = (self.tally.runs, ends[End.COMPLETED], ends[End.UNDONE], waiting, len(self.tally.violations))
        columns = [*map(str, cells), _percent(self.verdict)]
        line = "  ".join(f"{cell:>{len(heading)}}" for cell, heading in zip(columns, _HEADINGS, strict=True))
        return f"{self.title:{_TITLE_WIDTH}} {line}{f'  {self.note}' if self.note else ''}"

    def as_document(self) -> dict[str, Any]:
        """Write the row for programs."""
        ends = {end.name.lower(): self.tally.ends[end] for end in End}
        return {
            "database": self.database,
            "part": self.part,
            "scenario": self.title,
            "runs": self.tally.runs,
            **ends,
            "violations": self.tally.violations,
            "verdict": self.verdict,
            "note": self.note,
            "answers": dict(self.answers),
        }


@dataclass
class Matrix:
    """All rows so far; each is printed as it comes."""

    seed: int
    rows: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def begin(self, database: str, part: str) -> None:
        """Print the head of a part."""
        title = f"{database}: {part}"
        print(f"\n{title:{_TITLE_WIDTH}} {'  '.join(_HEADINGS)}", flush=True)

    def add(self, row: Row) -> None:
        """Print a row and keep it, its first violations with it."""
        self.rows.append(row)
        told = [f"    {each}" for each in row.tally.violations[:SHOWN]]
        print("\n".join([row.as_line(), *told]), flush=True)

    def leave_out(self, what: str) -> None:
        """Say that something could not be run."""
        self.missing.append(what)
        print(f"\nCould not be run: {what}", flush=True)

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing speaks against any checkout, and there were some."""
        return any(row.tally.runs for row in self.rows) and not any(row.tally.violations for row in self.rows)

    def as_document(self) -> dict[str, Any]:
        """Write it all for programs."""
        return {
            "seed": self.seed,
            "sound": self.is_sound,
            "not_run": self.missing,
            "rows": [row.as_document() for row in self.rows],
        }

    def sum_up(self) -> str:
        """Say in one line how it went."""
        runs = sum(row.tally.runs for row in self.rows)
        violations = sum(len(row.tally.violations) for row in self.rows)
        share = _percent(100 * max(0, runs - violations) / runs) if runs else "nothing run"
        return f"{share}: {runs} checkouts, {violations} violations (CHAOS_SEED={self.seed})"


def _percent(share: float) -> str:
    """Round down: 100 % means all of them."""
    return f"{int(share * 10) / 10:g} %"
