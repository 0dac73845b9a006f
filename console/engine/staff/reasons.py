"""Reasons that people give for what they do: one readable line."""

from __future__ import annotations

from console.engine.errors import InvalidInput
from console.models.text import in_nfc, is_text

LONGEST_REASON = 1000


def readable_reason(reason: str | None) -> str | None:
    """Bring a reason onto one line; none is None.

    Raises:
        InvalidInput: when it is too long or has characters that nobody can read.
    """
    line = in_nfc(" ".join((reason or "").split()))
    if len(line) > LONGEST_REASON or not is_text(line):
        raise InvalidInput(f"A reason has at most {LONGEST_REASON} readable characters.", field="reason")
    return line or None


def required_reason(reason: str) -> str:
    """Give a reason without the space around it.

    Raises:
        InvalidInput: when there is none.
    """
    if not reason.strip():
        raise InvalidInput("A reason is needed.", field="reason")
    return reason.strip()
