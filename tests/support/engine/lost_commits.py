"""A connection that is lost during COMMIT: it happened, and nobody was told."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session


def lose_commit(session: Session, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the n-th commit of a writing transaction happen, and its confirmation be lost."""
    commit, seen = session.commit, iter(range(1, 100))

    def commit_and_break() -> None:
        is_writing = session.in_transaction() and "checkout_writes" in session.connection().get_execution_options()
        commit()
        if is_writing and next(seen) == number:
            lost = Exception("server closed the connection unexpectedly")
            raise OperationalError("COMMIT", {}, lost, connection_invalidated=True)

    monkeypatch.setattr(session, "commit", commit_and_break)
