"""What each folder of tests cost: the seconds of setting up, running and tidying, summed over all processes."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest


class Costs:
    """A plugin that counts seconds and tests by folder, and tells them at the end."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what one step of a test took."""
        for folder in folders_of(report.nodeid):
            self._seconds[folder] += report.duration
            self._tests[folder] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell the costs: of each kind of tests, and of its rooms below."""
        terminalreporter.section("seconds by folder, over all processes")
        for folder in sorted(self._seconds):
            depth = folder.count("/")
            line = (
                f"{'  ' * depth}{folder:{44 - 2 * depth}} {self._seconds[folder]:7.1f} s {self._tests[folder]:6} tests"
            )
            terminalreporter.write_line(line)


def folders_of(nodeid: str) -> list[str]:
    """Name the folders of a test that are told: `unit` and `unit/engine` of `tests/unit/engine/prices/test_totals.py`."""
    parts = PurePosixPath(nodeid.partition("::")[0]).parent.parts[1:3]
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)] or ["tests"]
