"""Many cases of one behaviour in one test: what they start from is made once, and a failure says in which case it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_case(*case: object) -> Iterator[None]:
    """Say of a failure in the block which case it was."""
    try:
        yield
    except Exception as failure:
        failure.add_note(f"in the case {', '.join(map(repr, case))}")
        raise
