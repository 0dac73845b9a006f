"""Settings of where the shop's data is kept, and what its processes share."""

from __future__ import annotations

from console.settings.kinds import DATABASE_URL, choice, url
from console.settings.setting import Computed, Setting, sqlite_file

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
)
