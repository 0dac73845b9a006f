"""All invariants after every step, for tests with thousands of steps: each query's text is made once and kept."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect

from console.engine.care.invariants import INVARIANTS, check_all


def assert_sound(database: Engine) -> None:
    """Check every invariant, as `check_all` does; that one is asked what is wrong only when something is."""
    with database.connect() as reader:
        is_sound = all(reader.exec_driver_sql(text).first() is None for text in _texts(database.dialect))
        is_sound = is_sound and not any(facts for rule in INVARIANTS if rule.walk for facts in rule.walk(reader))
        if not is_sound:
            raise AssertionError(check_all(reader))


@cache
def _texts(dialect: Dialect) -> tuple[str, ...]:
    queries = [query() for rule in INVARIANTS for query in rule.queries]
    return tuple(str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) for query in queries)
