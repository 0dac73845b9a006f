"""What a version of the code relies on in its schema, and whether a later schema still has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import Dialect

from console.models import Base
from console.telemetry.schema import REVISIONS, is_of_the_models

VERSIONS = "alembic_version"
# Tables that the code deletes rows of, so that a new reference to them must not stand in its way.
DELETED_FROM = {
    "cart_lines",
    "checkout_steps",
    "idempotency_keys",
    "outbox_events",
    "price_snapshots",
    "ticks",
    "worker_heartbeats",
}
_WORDS = r"'[^']*'(?:, '[^']*')*"
_ONE_OF = re.compile(rf"(?P<or_null>\w+ IS NULL OR )?\(?(?P<column>\w+) (?:IN \(|= )(?P<words>{_WORDS})\)?\)?")
_WIDER = {("INTEGER", "BIGINT"), ("VARCHAR", "TEXT")}

Broken = tuple[str, str]  # the name of what is broken, and how


@dataclass(frozen=True)
class SeenColumn:
    """A column: its type in SQL, whether it may be NULL, and the default that the database gives it."""

    type: str
    is_nullable: bool
    default: str | None

    @property
    def may_be_left_out(self) -> bool:
        """Tell whether a row may be inserted that does not name it."""
        return self.is_nullable or self.default is not None


@dataclass(frozen=True)
class Unique:
    """Columns that are unique together, where a condition holds; `name` is the constraint's or the index's."""

    name: str
    columns: frozenset[str]
    where: str | None


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    name: str
    columns: tuple[str, ...]
    to: str
    on_delete: str | None


@dataclass(frozen=True)
class SeenTable:
    """A table as the database describes it; `checks` by name."""

    columns: Mapping[str, SeenColumn]
    key: tuple[str, ...]
    uniques: frozenset[Unique]
    references: frozenset[Reference]
    checks: Mapping[str, str]


Schema = Mapping[str, SeenTable]


def describe(connection: Connection) -> Schema:
    """Describe every table of the checkout's. Reads only."""
    inspector = inspect(connection)
    parts = {
        name: {table: facts for (_, table), facts in getattr(inspector, f"get_multi_{name}")().items()}
        for name in ("columns", "pk_constraint", "unique_constraints", "indexes", "foreign_keys", "check_constraints")
    }
    return {
        table: SeenTable(
            columns={column["name"]: _column(column, connection.dialect) for column in columns},
            key=tuple(parts["pk_constraint"][table]["constrained_columns"]),
            uniques=frozenset(_uniques(parts["unique_constraints"][table], parts["indexes"][table])),
            references=frozenset(_reference(each) for each in parts["foreign_keys"][table]),
            checks={each["name"]: _plain(each["sqltext"]) for each in parts["check_constraints"][table]},
        )
        for table, columns in parts["columns"].items()
        if table not in {VERSIONS, REVISIONS.name}
    }


def _column(facts: Any, dialect: Dialect) -> SeenColumn:
    return SeenColumn(facts["type"].compile(dialect), facts["nullable"], facts["default"])


def _uniques(constraints: Any, indexes: Any) -> Iterator[Unique]:
    for each in constraints:
        yield Unique(each["name"], frozenset(each["column_names"]), None)
    for each in indexes:
        if each["unique"] and "duplicates_constraint" not in each:
            options = each["dialect_options"]
            where = options.get("sqlite_where", options.get("postgresql_where"))
            yield Unique(each["name"], frozenset(each["column_names"]), None if where is None else str(where))


def _reference(facts: Any) -> Reference:
    columns = tuple(facts["constrained_columns"])
    return Reference(facts["name"], columns, facts["referred_table"], facts["options"].get("ondelete"))


def _plain(condition: str) -> str:
    """Write a condition as we do, where PostgreSQL tells it in its own way."""
    bare = re.sub(r"::(?:character varying|text)(?:\[\])?", "", condition)
    return re.sub(r"= ANY \(ARRAY\[([^\]]*)\]\)", r"IN (\1)", bare)


def find_broken(old: Schema, new: Schema) -> dict[str, str]:
    """Tell by name what code of the version of `old` relies on and `new` does not have, or does not let it do.

    Such code names its own tables and columns and no others, deletes what it always did, and counts on what is unique:
    for the outcome of its races, and by `ON CONFLICT`. What is only let go of (a NOT NULL, a CHECK, a shorter text)
    breaks nothing here; that nothing is written which the version before cannot read is up to the code.
    """
    broken = {}
    for name, table in old.items():
        if name not in new:
            broken[name] = "is gone"
            continue
        broken.update(_columns(name, table, new[name]))
        broken.update(_keys(name, table, new[name]))
        broken.update(_conditions(table, new[name]))
    broken.update(_new_references(old, new))
    return broken


def _columns(name: str, old: SeenTable, new: SeenTable) -> Iterator[Broken]:
    for column, was in old.columns.items():
        now = new.columns.get(column)
        if now is None:
            yield f"{name}.{column}", "is gone"
        elif now.type != was.type and not _is_wider(now.type, was.type):
            yield f"{name}.{column}", f"was {was.type} and is {now.type}"
        elif was.is_nullable and not now.is_nullable:
            yield f"{name}.{column}", "may be NULL no more"
        elif was.default is not None and now.default != was.default:
            yield f"{name}.{column}", f"had the default {was.default} and has {now.default}"
    for column in new.columns.keys() - old.columns.keys():
        if not new.columns[column].may_be_left_out:
            yield f"{name}.{column}", "is new, and neither NULL nor given by default"


def _is_wider(now: str, was: str) -> bool:
    (now_name, now_length), (was_name, was_length) = _split(now), _split(was)
    if now_name != was_name:
        return (was_name, now_name) in _WIDER
    return now_name == "VARCHAR" and (not now_length or int(was_length or "0") in range(1, int(now_length) + 1))


def _split(sql_type: str) -> tuple[str, str]:
    name, _, length = sql_type.partition("(")
    return name, length.rstrip(")")


def _keys(name: str, old: SeenTable, new: SeenTable) -> Iterator[Broken]:
    if new.key != old.key:
        yield f"{name} primary key", f"was {old.key} and is {new.key}"
    kept = {(unique.columns, unique.where) for unique in new.uniques}
    for unique in old.uniques:
        if (unique.columns, unique.where) not in kept:
            yield unique.name, f"{name} is no longer unique by {_told(unique)}"
    for unique in new.uniques:
        if not _was_unique(unique, old) and not _leaves_alone(unique, old, new):
            yield unique.name, f"{name} is newly unique by {_told(unique)}"


def _was_unique(unique: Unique, old: SeenTable) -> bool:
    same = [was for was in old.uniques if was.where in (None, unique.where)]
    return any(was.columns <= unique.columns for was in same) or frozenset(old.key) <= unique.columns


def _leaves_alone(unique: Unique, old: SeenTable, new: SeenTable) -> bool:
    """Tell whether it has a new column that old code leaves NULL: NULLs are never the same."""
    added = [new.columns[column] for column in unique.columns - old.columns.keys() if column in new.columns]
    return any(column.is_nullable and column.default is None for column in added)


def _told(unique: Unique) -> str:
    return ", ".join(sorted(map(str, unique.columns))) + (f" where {unique.where}" if unique.where else "")


def _conditions(old: SeenTable, new: SeenTable) -> Iterator[Broken]:
    for name, condition in new.checks.items():
        was = old.checks.get(name)
        if was is None and _names_any(old.columns, condition):
            yield name, f"is new, and about columns there were: {condition}"
        elif was not in (None, condition) and not _has_only_more_words(condition, was):
            yield name, f"was {was} and is {condition}"


def _names_any(columns: Iterable[str], condition: str) -> bool:
    return not set(re.findall(r"\w+", re.sub(_WORDS, "", condition))).isdisjoint(columns)


def _has_only_more_words(condition: str, was: Any) -> bool:
    now_one_of, one_of = _ONE_OF.fullmatch(condition), _ONE_OF.fullmatch(was)
    if now_one_of is None or one_of is None:
        return False
    same = all(now_one_of[part] == one_of[part] for part in ("or_null", "column"))
    return same and set(one_of["words"].split(", ")) <= set(now_one_of["words"].split(", "))


def _new_references(old: Schema, new: Schema) -> Iterator[Broken]:
    for name, table in new.items():
        known = old.get(name)
        for reference in table.references:
            if known and reference in known.references:
                continue
            if known and set(reference.columns) <= known.columns.keys():
                yield reference.name, f"{name} newly refers to {reference.to} by a column there was"
            elif reference.to in DELETED_FROM & old.keys() and not reference.on_delete:
                yield reference.name, f"{name} keeps {reference.to} from being deleted"
    for name, table in old.items():
        for reference in table.references if name in new else ():
            if reference.on_delete and reference not in new[name].references:
                yield reference.name, f"{name} no longer follows when {reference.to} is deleted"


def names_gone(schema: Schema, names: Iterable[str]) -> set[str]:
    """Choose the names of tables and columns (`table.column`) that a schema does not have."""
    there = {f"{table}.{column}" for table, seen in schema.items() for column in seen.columns}
    return set(names) - there - schema.keys()


def compare(one: Schema, other: Schema) -> list[str]:
    """Tell in which parts of which tables two schemas differ."""
    parts = [f"{name} {part}" for name in one.keys() & other.keys() for part in _different(one[name], other[name])]
    return sorted([*parts, *(one.keys() ^ other.keys())])


def _different(one: SeenTable, other: SeenTable) -> Iterator[str]:
    for part, facts in vars(one).items():
        if facts != vars(other)[part]:
            yield f"{part}: {facts} and {vars(other)[part]}"


def unlike_models(connection: Connection) -> list[Any]:
    """Tell how the models differ from the schema, as Alembic sees it: tables, columns, indexes. Reads only."""
    options = {"compare_type": False, "include_name": is_of_the_models}
    context = MigrationContext.configure(connection, opts=options)
    return [each for each in compare_metadata(context, Base.metadata) if each[0] != "remove_table"]
