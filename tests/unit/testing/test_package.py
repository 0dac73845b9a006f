"""What `console.testing` asks of those who import it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from console import testing


def test_the_kit_needs_pytest_only_for_what_pytest_runs() -> None:
    program = "import sys, console.testing; print(sorted({'pytest', 'flask'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert loaded.stdout.strip() == "[]"


def test_everything_that_is_offered_is_there() -> None:
    assert [name for name in testing.__all__ if not hasattr(testing, name)] == []


def test_what_is_not_offered_is_missed_by_its_name() -> None:
    with pytest.raises(AttributeError, match="GatewayContrast"):
        testing.GatewayContrast  # noqa: B018 - asking is the test
