"""Many rows of one INSERT as few statements: a statement for each row costs the database several times as much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

MOST_ROWS = 8  # of one statement; each number of rows is another one to prepare
MOST_PARAMETERS = 50  # beyond, psycopg takes the SQL apart anew each time
_KEPT = 500
_VALUES = " VALUES "
_PARAMETER = re.compile(r"%\((\w+)\)s")

Parameters = dict[str, Any]


def in_few(sql: str, rows: Sequence[Parameters]) -> Iterator[tuple[str, Parameters]]:
    """Give the statements, in order, that do what one a row would; only an INSERT of values has several rows."""
    most = max(1, min(MOST_ROWS, MOST_PARAMETERS // max(1, len(rows[0]))))
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        several = _of_rows(sql, len(some)) if len(some) > 1 else None
        if several is None:
            yield from ((sql, row) for row in some)
        else:
            yield several, {f"{name}__{number}": row[name] for number, row in enumerate(some) for name in row}


@lru_cache(maxsize=_KEPT)
def _of_rows(sql: str, count: int) -> str | None:
    """Write an INSERT of one row for several, its parameters numbered; None for any other statement."""
    head, found, rest = sql.partition(_VALUES)
    if not found or not sql.startswith("INSERT"):
        return None
    end = _end_of_group(rest)
    group, tail = rest[:end], rest[end:]
    if _PARAMETER.search(tail):
        return None
    groups = (_PARAMETER.sub(rf"%(\1__{number})s", group) for number in range(count))
    return head + _VALUES + ", ".join(groups) + tail


def _end_of_group(text: str) -> int:
    """Find where the group in parentheses that a text begins with is over."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place + 1
    raise ValueError("the parentheses are not balanced")
