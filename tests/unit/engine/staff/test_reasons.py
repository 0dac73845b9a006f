"""Reasons are what people write: on one line, in any alphabet, and nothing that turns the reading round."""

from __future__ import annotations

import pytest

from console.engine.errors import InvalidInput
from console.engine.staff.reasons import LONGEST_REASON, readable_reason

WRITTEN = ["👩‍💼 phoned", "اتصل العميل\u200f (مرتين)", "Rück\u00adsprache mit dem Kunden", "他打电话了", "क्\u200dष"]


@pytest.mark.parametrize("reason", WRITTEN)
def test_a_reason_may_be_written_in_any_alphabet(reason: str) -> None:
    assert readable_reason(f" {reason}\n") == reason


@pytest.mark.parametrize("reason", ["a\x07b", "a\u202egnp.exe", "a\ud83d", "a\u2066b\u2069"])
def test_what_nobody_can_read_is_no_reason(reason: str) -> None:
    with pytest.raises(InvalidInput, match="readable"):
        readable_reason(reason)


def test_a_reason_is_as_long_as_it_looks() -> None:
    assert readable_reason("e\u0301" * LONGEST_REASON) == "é" * LONGEST_REASON

    with pytest.raises(InvalidInput):
        readable_reason("\u0344" * (LONGEST_REASON // 2 + 1))  # each of these is two in NFC
