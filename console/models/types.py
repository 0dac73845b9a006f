"""Column types and the one expression for the database's clock (docs/engine.md, rule 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Float, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import bindparam
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

# Fixed width, so that text order is time order on SQLite.
SQLITE_FORMAT = "%Y-%m-%d %H:%M:%S.%f"
# How `clock` says now; `console.engine.store.own_time` puts another moment in its place in the SQL.
POSTGRESQL_NOW = "clock_timestamp()"
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now'"  # milliseconds are all it has; three zeros keep the width

JsonDocument = JSON().with_variant(JSONB(), "postgresql")
NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, fixed-width text with microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose text on SQLite, which has no type for times."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(26))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware time into what the database stores; a naive one is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time has no place in the database: {value!r}")
        utc = value.astimezone(UTC)
        return utc.strftime(SQLITE_FORMAT) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn what the database stored into an aware UTC time."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that stays exact: `numeric` on PostgreSQL, text on SQLite, which only has floats."""

    impl = Numeric(24, 12)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose text on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(40))
        return dialect.type_descriptor(Numeric(24, 12))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Write the decimal without an exponent."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{value:f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read the decimal without trailing zeros."""
        return None if value is None else Decimal(value).normalize() + 0


class clock(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it compiles to
    """The database's clock now, or `offset_seconds` from now, as an SQL expression."""

    inherit_cache = True
    type = UtcDateTime()

    def __init__(self, offset_seconds: ColumnElement[Any] | float | None = None) -> None:
        if offset_seconds is None:
            super().__init__()
        elif isinstance(offset_seconds, ColumnElement):
            super().__init__(offset_seconds)
        else:
            super().__init__(bindparam(None, float(offset_seconds), Float()))


@compiles(clock, "postgresql")
def _clock_on_postgresql(element: clock, compiler: SQLCompiler, **kw: Any) -> str:
    # now() is the transaction's start, stale after a lock wait.
    if not len(element.clauses):
        return POSTGRESQL_NOW
    return f"({POSTGRESQL_NOW} + make_interval(secs => {compiler.process(element.clauses, **kw)}))"


@compiles(clock, "sqlite")
def _clock_on_sqlite(element: clock, compiler: SQLCompiler, **kw: Any) -> str:
    if not len(element.clauses):
        return f"{SQLITE_NOW})"
    offset = compiler.process(element.clauses, **kw)
    return f"{SQLITE_NOW}, ({offset}) || ' seconds')"
