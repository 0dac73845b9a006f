"""Settings of where the shop's data is kept, and what its processes share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import make_url

from console.settings.kinds import DATABASE_URL, PREFIX, choice, url
from console.settings.setting import Computed, Setting, sqlite_file


def _prefix_of_the_database(values: Mapping[str, Any]) -> str:
    """Name the database by its address, without user and password: shops on one Redis share nothing."""
    address = make_url(values["DATABASE_URL"])
    named = f"{address.host or 'localhost'}:{address.port or 5432}/{address.database}"
    return f"checkout-{hashlib.sha256(named.encode()).hexdigest()[:12]}"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATABASE_URL",
        DATABASE_URL,
        Computed("a SQLite file in INSTANCE_PATH", sqlite_file("checkout.sqlite3")),
        "the shop's database; PostgreSQL is reached by psycopg 3",
    ),
    Setting(
        "DATABASE_POOLER",
        choice("none", "transaction"),
        "none",
        "transaction: behind a pooler that hands out connections per transaction",
    ),
    Setting("REDIS_URL", url("redis", "rediss"), None, "unset: rate limits and cache in process"),
    Setting(
        "REDIS_PREFIX",
        PREFIX,
        Computed("of the database", _prefix_of_the_database),
        "what each key in Redis begins with: one shop's, in all its processes",
    ),
)
