"""Every filter and every sort of a list has its index: a list of ten million rows answers as a short one does."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import pytest
from sqlalchemy import Column, ColumnClause, Index, Table
from sqlalchemy.sql import visitors

from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.filters import FilterKind
from console.web.shared.listing.listing import Listing
from console.web.shared.listing.lock_list import LOCKS
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS

# The users are few: nobody waits for them.
LONG_LISTS = (LOCKS, ORDERS, PAYMENTS, SNAPSHOTS, RESERVATIONS, STOCK_LEVELS, AUDIT)
ASKED = {"email": "ada@example.org", "q": "K7Q2-M9XA, 45, ada@example.org"}
TYPED = {FilterKind.DATE: "2026-01-01", FilterKind.NUMBER: "1", FilterKind.TEXT: "checkout_lock:1"}


def indexes_of(table: Table) -> list[list[str]]:
    """Give the columns of each index, of constraints too; a column that a partial index asks for stands first."""
    found = [[column.name for column in constraint.columns] for constraint in table.constraints if constraint.columns]
    for index in table.indexes:
        found += [[name_in(each) for each in index.expressions], *([name] for name in asked_by(index))]
    return found


def name_in(expression: Any) -> str:
    """Give the column in an index's expression: `lower(customer_email)`."""
    return next(each.name for each in visitors.iterate(expression) if isinstance(each, ColumnClause))


def asked_by(index: Index) -> list[str]:
    condition = index.dialect_options["postgresql"]["where"]
    if index.table is None or condition is None:
        return []
    return [column.name for column in index.table.columns if column.name in str(condition)]


def columns_in(expression: Any) -> dict[Table, set[str]]:
    """Give the columns that a condition names, by their table."""
    found: dict[Table, set[str]] = {}
    for element in visitors.iterate(expression):
        if isinstance(element, Column) and isinstance(element.table, Table):
            found.setdefault(element.table, set()).add(element.name)
    return found


def unserved(expression: Any) -> list[str]:
    """Give the columns in a condition to which no index leads."""
    found = []
    for table, names in columns_in(expression).items():
        led_to = {name for index in indexes_of(table) for name in takewhile(names.__contains__, index)}
        found += [f"{table.name}.{name}" for name in names - led_to]
    return found


@pytest.mark.parametrize("listing", LONG_LISTS, ids=lambda listing: listing.name)
def test_every_filter_and_sort_has_its_index(listing: Listing) -> None:
    conditions = {
        one.name: one.condition(one.choices[0] if one.choices else ASKED.get(one.name, TYPED[one.kind]))
        for one in listing.filters
    }

    missing = {name: unserved(condition) for name, condition in conditions.items()}
    missing |= {f"sort by {name}": unserved(column) for name, column in listing.all_sorts.items()}

    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_a_column_without_an_index_would_be_found() -> None:
    table = LOCKS.id_column.table

    assert unserved(table.c.failure_reason == "x") == ["checkout_locks.failure_reason"]
