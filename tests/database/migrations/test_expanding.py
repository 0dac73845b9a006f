"""Made-up changes of a made-up schema: those that the version before can live with pass, each kind of other is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from console.engine.store.database import create_database
from tests.support.databases import KINDS, empty_database
from tests.support.schemas import describe, find_broken

Change = Callable[[Operations], Any]
BEFORE = sa.MetaData()
sa.Table(
    "orders",
    BEFORE,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("number", sa.String(32), nullable=False),
    sa.Column("status", sa.String(16), server_default="open", nullable=False),
    sa.Column("note", sa.String(64)),
    sa.Column("total", sa.Integer, nullable=False),
    sa.UniqueConstraint("number", name="uq_number"),
    sa.CheckConstraint("status IN ('open', 'paid')", name="ck_status"),
    sa.CheckConstraint("note IS NULL OR note IN ('gift', 'fragile')", name="ck_note"),
    sa.CheckConstraint("total >= 0", name="ck_total"),
    sa.Index(
        "uq_open_note", "note", unique=True, sqlite_where=sa.text("total > 9"), postgresql_where=sa.text("total > 9")
    ),
)
sa.Table(
    "outbox_events",
    BEFORE,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id", name="fk_order", ondelete="CASCADE")),
    sa.Column("topic", sa.String(64), nullable=False),
    sa.Column("other_order_id", sa.Integer),
    sa.Index("ix_topic", "topic"),
)
sa.Table("shelves", BEFORE, sa.Column("code", sa.String(8), nullable=False))


@pytest.fixture(scope="module", params=KINDS)
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Connect to a database with the schema there was."""
    with empty_database(request.param, tmp_path_factory.mktemp("expanding")) as url:
        database = create_database(url)
        with database.begin() as connection:
            BEFORE.create_all(connection)
        with database.connect() as connection:
            yield connection
        database.dispose()


def broken_by(change: Change, connection: Connection) -> set[str]:
    """Make a change and take it back; tell what it breaks."""
    with connection.begin() as transaction:
        before = describe(connection)
        change(Operations(MigrationContext.configure(connection)))
        broken = find_broken(before, describe(connection))
        transaction.rollback()
    return set(broken)


def altering(table: str, *steps: Callable[[Any], Any]) -> Change:
    """Change a table by steps that each get its batch."""

    def change(op: Operations) -> None:
        with op.batch_alter_table(table) as batch:
            for step in steps:
                step(batch)

    return change


def adding(name: str, kind: Any, **how: Any) -> Callable[[Any], Any]:
    return lambda batch: batch.add_column(sa.Column(name, kind, **how))


def checking(name: str, condition: str, *, instead: bool = True) -> tuple[Callable[[Any], Any], ...]:
    create = lambda batch: batch.create_check_constraint(name, condition)  # noqa: E731
    return (lambda batch: batch.drop_constraint(name, type_="check"), create) if instead else (create,)


def unique(name: str, *columns: str) -> Callable[[Any], Any]:
    return lambda batch: batch.create_unique_constraint(name, columns)


def new_table(*parts: Any) -> Change:
    return lambda op: op.create_table("refunds", sa.Column("id", sa.Integer, primary_key=True), *parts)


def referring(to: str, **how: Any) -> Change:
    return new_table(
        sa.Column("of_id", sa.Integer), sa.ForeignKeyConstraint(["of_id"], [f"{to}.id"], name="fk_of", **how)
    )


EXPANDING: dict[str, Change] = {
    "a table": referring("orders"),
    "a table that goes with what is deleted": referring("outbox_events", ondelete="CASCADE"),
    "a column that may be NULL": altering("orders", adding("paid_by", sa.String(16))),
    "a column with a default": altering("orders", adding("refunded", sa.Integer, server_default="0", nullable=False)),
    "a new column's own condition": altering(
        "orders", adding("refunded", sa.Integer), *checking("ck_new", "refunded >= 0", instead=False)
    ),
    "unique with a new column": altering("orders", adding("key", sa.String(16)), unique("uq_key", "note", "key")),
    "unique with what was unique": altering("orders", unique("uq_both", "number", "status")),
    "an index": lambda op: op.create_index("ix_status", "orders", ["status"]),
    "an index less": lambda op: op.drop_index("ix_topic", "outbox_events"),
    "another word": altering("orders", *checking("ck_status", "status IN ('open', 'refunded', 'paid')")),
    "another word or NULL": altering(
        "orders", *checking("ck_note", "note IS NULL OR note IN ('gift', 'fragile', 'x')")
    ),
    "a condition less": altering("orders", lambda batch: batch.drop_constraint("ck_total", type_="check")),
    "NULL where there was none": altering("orders", lambda batch: batch.alter_column("total", nullable=True)),
    "a longer text": altering("orders", lambda batch: batch.alter_column("number", type_=sa.String(64))),
    "any text": altering("orders", lambda batch: batch.alter_column("number", type_=sa.Text())),
}

BREAKING: dict[str, tuple[Change, str]] = {
    "a table dropped": (lambda op: op.drop_table("outbox_events"), "outbox_events"),
    "a table renamed": (lambda op: op.rename_table("outbox_events", "events"), "outbox_events"),
    "a column dropped": (
        altering("outbox_events", lambda batch: batch.drop_column("other_order_id")),
        "outbox_events.other_order_id",
    ),
    "a column renamed": (
        altering("outbox_events", lambda batch: batch.alter_column("other_order_id", new_column_name="second")),
        "outbox_events.other_order_id",
    ),
    "another type": (
        altering("outbox_events", lambda batch: batch.alter_column("other_order_id", type_=sa.Numeric(10, 2))),
        "outbox_events.other_order_id",
    ),
    "a shorter text": (
        altering("orders", lambda batch: batch.alter_column("number", type_=sa.String(8))),
        "orders.number",
    ),
    "no NULL any more": (altering("orders", lambda batch: batch.alter_column("note", nullable=False)), "orders.note"),
    "a default less": (
        altering("orders", lambda batch: batch.alter_column("status", server_default=None)),
        "orders.status",
    ),
    "another default": (
        altering("orders", lambda batch: batch.alter_column("status", server_default="paid")),
        "orders.status",
    ),
    "a column that must be given": (
        altering("orders", adding("country", sa.String(2), nullable=False)),
        "orders.country",
    ),
    "a new condition": (altering("orders", *checking("ck_new", "total < 1000", instead=False)), "ck_new"),
    "a condition on old and new": (
        altering(
            "orders",
            adding("refunded", sa.Integer, server_default="0", nullable=False),
            *checking("ck_new", "(status = 'paid') = (refunded > 0)", instead=False),
        ),
        "ck_new",
    ),
    "a stricter condition": (altering("orders", *checking("ck_total", "total >= 1")), "ck_total"),
    "a word less": (altering("orders", *checking("ck_status", "status IN ('open')")), "ck_status"),
    "no NULL beside the words": (altering("orders", *checking("ck_note", "note IN ('gift', 'fragile')")), "ck_note"),
    "more words that mean less": (
        altering("orders", *checking("ck_status", "(status IN ('open', 'paid', 'x')) = (total > 0)")),
        "ck_status",
    ),
    "newly unique": (altering("orders", unique("uq_new", "total")), "uq_new"),
    "newly unique with a new column's default": (
        altering(
            "orders", adding("part", sa.Integer, server_default="1", nullable=False), unique("uq_new", "note", "part")
        ),
        "uq_new",
    ),
    "a unique index": (lambda op: op.create_index("uq_new", "orders", ["total"], unique=True), "uq_new"),
    "unique no more": (
        altering("orders", lambda batch: batch.drop_constraint("uq_number", type_="unique")),
        "uq_number",
    ),
    "unique in part no more": (lambda op: op.drop_index("uq_open_note", "orders"), "uq_open_note"),
    "another key": (
        lambda op: (
            op.drop_table("shelves"),
            op.create_table("shelves", sa.Column("code", sa.String(8), primary_key=True)),
        ),
        "shelves primary key",
    ),
    "a new reference of an old column": (
        altering(
            "outbox_events", lambda batch: batch.create_foreign_key("fk_new", "orders", ["other_order_id"], ["id"])
        ),
        "fk_new",
    ),
    "a reference to what is deleted": (referring("outbox_events"), "fk_of"),
    "a reference that no longer follows": (
        altering("outbox_events", lambda batch: batch.drop_constraint("fk_order", type_="foreignkey")),
        "fk_order",
    ),
}


@pytest.mark.parametrize("change", EXPANDING.values(), ids=EXPANDING)
def test_what_the_version_before_can_live_with_passes(connection: Connection, change: Change) -> None:
    assert broken_by(change, connection) == set()


@pytest.mark.parametrize(("change", "name"), BREAKING.values(), ids=BREAKING)
def test_what_would_break_the_version_before_is_refused(connection: Connection, change: Change, name: str) -> None:
    assert broken_by(change, connection) == {name}
