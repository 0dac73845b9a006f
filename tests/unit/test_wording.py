"""How durations and states are written, as shops get it with the protection kit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from console.protection import (
    format_duration,
    get_state_name,
)


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0s"), (45.9, "45s"), (60, "1m 0s"), (150, "2m 30s"), (3900, "1h 5m")]
)
def test_a_duration_is_written_shortly(seconds: float, written: str) -> None:
    began = datetime(2026, 11, 3, 12, tzinfo=UTC)
    end = began + timedelta(seconds=seconds)

    assert format_duration(SimpleNamespace(locked_at=began, completed_at=end, failed_at=None)) == written
    assert format_duration(SimpleNamespace(locked_at=began, completed_at=None, failed_at=end)) == written


def test_states_have_their_display_names() -> None:
    assert get_state_name("locking_prices") == "Locking Prices"
