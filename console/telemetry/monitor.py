"""What somebody who watches the checkouts wants to see at once: the dashboard's panels, read together."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from console.engine.store.database import look
from console.telemetry.overview import (
    FailureMatrix,
    Pace,
    Pipeline,
    Trouble,
    read_failures,
    read_pace,
    read_pipeline,
    read_trouble,
)
from console.telemetry.statistics import Statistics, read_statistics
from console.telemetry.traffic import read_traffic


@dataclass(frozen=True)
class Sight:
    """The checkouts as they are now, and as they went in the last hours."""

    numbers: Statistics
    pipeline: Pipeline
    trouble: Trouble
    failures: FailureMatrix
    pace: Pace


def read_numbers(session: Session, *, hours: int, tolerance_minor: int) -> Statistics:
    """Read the statistics of the last hours. Reads only."""
    traffic = read_traffic(hours=hours)
    return look(
        session,
        lambda reader: read_statistics(reader, hours=hours, tolerance_minor=tolerance_minor, traffic=traffic),
    )


def read_sight(session: Session, *, hours: int, tolerance_minor: int) -> Sight:
    """Read all that is to be seen. Reads only."""
    return Sight(
        numbers=read_numbers(session, hours=hours, tolerance_minor=tolerance_minor),
        pipeline=look(session, read_pipeline),
        trouble=look(session, read_trouble),
        failures=look(session, lambda reader: read_failures(reader, hours=hours)),
        pace=look(session, lambda reader: read_pace(reader, hours=hours)),
    )
