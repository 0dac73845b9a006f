"""Times as numbers and numbers without their fraction, in the dialect of each database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class epoch_seconds(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it compiles to
    """Seconds from 1970 to a time, with their fraction."""

    inherit_cache = True
    type = Float()


@compiles(epoch_seconds, "postgresql")
def _on_postgresql(element: epoch_seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) AS double precision)"


@compiles(epoch_seconds, "sqlite")
def _on_sqlite(element: epoch_seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"((julianday({compiler.process(element.clauses, **kw)}) - 2440587.5) * 86400.0)"


class whole_part(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it compiles to
    """A number that is not negative, without its fraction."""

    inherit_cache = True
    type = Integer()


@compiles(whole_part, "postgresql")
def _whole_on_postgresql(element: whole_part, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(FLOOR({compiler.process(element.clauses, **kw)}) AS integer)"  # a cast alone would round


@compiles(whole_part, "sqlite")
def _whole_on_sqlite(element: whole_part, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(({compiler.process(element.clauses, **kw)}) AS INTEGER)"
