"""The clock of the demo's past: the database's own, turned back for this process while the history is told."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.demo.past import turned_back
from console.models.types import clock

ALMOST = timedelta(minutes=1)


def test_the_clock_goes_back_passes_and_never_runs_ahead(session: Session) -> None:
    now = session.scalar(select(clock()))

    with turned_back(session.get_bind().engine) as past:
        past.go_back(7200)
        long_ago, with_offset = session.execute(select(clock(), clock(600))).one()
        past.let_pass(3600)
        an_hour_later = session.scalar(select(clock()))
        past.let_pass(86400)
        at_most_now = session.scalar(select(clock()))
    afterwards = session.scalar(select(clock()))

    assert abs(now - long_ago - timedelta(hours=2)) < ALMOST
    assert abs(with_offset - long_ago - timedelta(minutes=10)) < ALMOST
    assert abs(an_hour_later - long_ago - timedelta(hours=1)) < ALMOST
    assert now <= at_most_now <= afterwards
