"""What is compiled once for all tests of a process: each test has an app and engines of its own, which start empty."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

STATEMENTS_KEPT = 3000


class CompiledTemplates(BytecodeCache):
    """The pages' templates, compiled once for all apps."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code, unless its source has changed."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        self._code[bucket.key, bucket.checksum] = bucket.code


class CompiledRoutes:
    """What builds the address of a route, compiled once for all apps: it depends on nothing but the route's text."""

    def __init__(self) -> None:
        self._compile = Rule._compile_builder
        self._builders: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def builder(self, rule: Rule, append_unknown: bool) -> Callable[..., Any]:  # noqa: FBT001 - as werkzeug has it
        """Give the builder of a route, as werkzeug's own method does."""
        if rule.defaults:
            return self._compile(rule, append_unknown)
        key = (rule.rule, append_unknown, *rule._trace)
        if key not in self._builders:
            self._builders[key] = self._compile(rule, append_unknown)
        return self._builders[key]


class CompiledStatements:
    """Statements compiled once for all engines on one kind of database.

    SQLAlchemy finds a compiled statement by its engine's dialect. So engines made alike are given one dialect: the
    first that has spoken with its database and knows what that can do. Each connects by its own all the same, where what
    makes its connections listens: so a dialect is given once the first connection is made, not before.
    """

    def __init__(self) -> None:
        self._dialects: dict[type[Dialect], Dialect] = {}
        self._statements: dict[type[Dialect], LRUCache[Any, Any]] = {}

    def share(self, engine: Engine) -> None:
        """Give a new engine what others have compiled; one with an isolation level of its own keeps to itself."""
        kind = type(engine.dialect)
        if getattr(engine.dialect, "_on_connect_isolation_level", None) is not None:
            return
        event.listen(engine, "connect", lambda *_: self._join(kind, engine))

    def _join(self, kind: type[Dialect], engine: Engine) -> None:
        if kind not in self._dialects:
            self._statements[kind] = LRUCache(STATEMENTS_KEPT)
            self._dialects[kind] = engine.dialect
        elif engine.dialect is not self._dialects[kind]:
            engine.dialect = self._dialects[kind]
            engine.update_execution_options(compiled_cache=self._statements[kind])
