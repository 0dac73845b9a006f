"""The floor: the rows of a checkout, written by three prepared transactions and nothing else.

No check, no gateway, no HTTP: what the database alone asks for them, with as few round trips as rows allow whose ids
come from the database.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.floor_sql import LEG_ONE, LEG_THREE, LEG_TWO, Step
from bench.shoppers import ADDRESS, choose

PRICE_MINOR = 1000
_ADDRESS_JSON = json.dumps(ADDRESS)


@dataclass(frozen=True)
class Level:
    """A product as the floor needs to know it."""

    level_id: int
    variant_id: int
    warehouse_id: int
    sku: str


@dataclass(frozen=True)
class BareWriting:
    """Write a checkout's rows; `dsn` is libpq's, of a database of the shop's tables."""

    dsn: str
    levels: tuple[Level, ...]
    is_hot: bool = False

    @contextmanager
    def open(self, chance: random.Random) -> Iterator[Callable[[], None]]:
        """Connect, and give what writes one checkout."""
        with psycopg.connect(self.dsn, prepare_threshold=0) as connection:
            yield lambda: write_checkout(connection, choose(self.levels, chance, is_hot=self.is_hot))


def write_checkout(connection: psycopg.Connection[Any], levels: tuple[Level, Level]) -> None:
    """Write everything that a checkout of one piece each leaves behind, in three transactions."""
    values = _values(sorted(levels, key=lambda level: level.level_id))
    cursor = connection.cursor()
    for leg in (LEG_ONE, LEG_TWO, LEG_THREE):
        for step in leg:
            _take(cursor, step, values)
        connection.commit()


def _take(cursor: psycopg.Cursor[Any], step: Step, values: dict[str, Any]) -> None:
    cursor.execute(step.sql, values)
    if step.gives is not None:
        row = cursor.fetchone()
        assert row is not None
        values[step.gives] = row[0]


def _values(levels: list[Level]) -> dict[str, Any]:
    word = secrets.token_hex(8)
    values: dict[str, Any] = {
        "reference": word[:9].upper(),
        "number": f"O-{word[:9].upper()}",
        "token_hash": secrets.token_hex(32),
        "address": _ADDRESS_JSON,
        "price": PRICE_MINOR,
        "total": PRICE_MINOR * len(levels),
        "session": word,
        "authorize_key": f"{word}-authorize",
        "capture_key": f"{word}-capture",
        "provider_reference": f"sb_{word}",
    }
    for number, level in enumerate(levels, start=1):
        values |= {f"level_{number}": level.level_id, f"variant_{number}": level.variant_id}
        values |= {f"warehouse_{number}": level.warehouse_id, f"sku_{number}": level.sku}
    return values
