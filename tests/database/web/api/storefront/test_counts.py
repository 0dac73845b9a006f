"""What a purchase of two lines costs, in counts that no noise touches: it may fall, and never rises unnoticed.

How each is counted, and why nothing else that runs at the same time counts, is told in `bench/watches.py`. Two things are
apart from the other tests: a database of its own, since old pages are written to otherwise than new ones; and a process
of its own, since pytest listens to the log and tests share what they compile. `make bench BENCH="--only counts"` prints
the same counts for each request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bench.counts import count_purchase
from console.engine.store.database import create_database
from console.testing.factories import Shop
from tests.support.installation import environment, migrate
from tests.support.services import REDIS_URL, postgresql_database

# Counted on Python 3.11, PostgreSQL 15 and the locked packages. Whoever makes one fall lowers it here.
REFERENCE = {
    "SQL statements": 39,
    "SQL statements of process": 29,
    "commits": 5,
    "WAL bytes without full-page images": 22_980,
    "WAL records": 272,
    "foreign-key look-ups": 44,
    "Python calls": 15_750,
}
MOST_OF_REFERENCE = 1.02
ADVICE = (
    "Find what made a purchase dearer. Only what has to cost more gets a new reference, what costs less gets one too."
)


@pytest.fixture
def new_database(tmp_path: Path) -> Iterator[str]:
    """Name a migrated PostgreSQL database that nobody has written to."""
    with postgresql_database() as url:
        migrate(url, tmp_path)
        yield url


def test_a_purchase_of_two_lines_costs_no_more_than_it_did(new_database: str, tmp_path: Path) -> None:
    stock(new_database, "MUG", "TEA")
    settings = environment(new_database, tmp_path, REDIS_URL=REDIS_URL)

    requests = count_purchase(["MUG", "TEA"], settings | {"PATH": os.environ["PATH"]})

    found = excesses(requests)
    assert not found, "\n".join([*found, ADVICE])


def stock(url: str, *skus: str) -> None:
    database = create_database(url)
    with Session(database, expire_on_commit=False) as session:
        for sku in skus:
            Shop(session).sell(sku, stock=1000)
    database.dispose()


def excesses(requests: dict[str, dict[str, int]]) -> list[str]:
    """Tell of each count that is too high what it is, and what it was."""

    def total(name: str) -> int:
        return sum(counts[name] for counts in requests.values())

    measured = {
        "SQL statements": total("statements"),
        "SQL statements of process": requests["process"]["statements"],
        "commits": total("commits"),
        "WAL bytes without full-page images": total("wal_bytes"),
        "WAL records": total("wal_records"),
        "foreign-key look-ups": total("look_ups"),
        "Python calls": total("python_calls"),
    }
    return [
        f"{name}: {measured[name]:,}, {measured[name] / reference - 1:.1%} more than the {reference:,} it was"
        for name, reference in REFERENCE.items()
        if measured[name] > reference * MOST_OF_REFERENCE
    ]
