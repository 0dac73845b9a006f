"""A list, as a definition; a question asked of it, as a URL has it; and the reading that answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, func, literal, select, true, union_all

from console.engine.store.database import Reader
from console.models.types import clock
from console.web.shared.listing.filters import Filter
from console.web.shared.listing.keyset import Page, Sort, choose_sort, read_page

COUNT_CAP = 10_000  # beyond it a count says "more than": counting ten million rows helps nobody
EXPORT_CAP = 10_000
EXPORT_BATCH = 1_000
BY_ID = "id"
NEWEST_FIRST = "-id"


class Shape(StrEnum):
    """How a value is shown. An amount is in minor units of the row's `currency`."""

    TEXT = "text"
    CODE = "code"
    EMAIL = "email"
    WORDS = "words"
    STATE = "state"
    STATUS = "status"
    NUMBER = "number"
    MONEY = "money"
    MOMENT = "moment"
    FLAG = "flag"
    TROUBLE = "trouble"
    LOCK = "lock"


@dataclass(frozen=True)
class Column:
    """A column of a list: a name in its query, a heading, and how its values are shown."""

    name: str
    label: str
    shape: Shape = Shape.TEXT


@dataclass(frozen=True)
class Listing:
    """A list: what it reads, shows, and can be asked for.

    Every filter is on the list's own table, not on what `query` joins to it, and has an index on (its column, id):
    so the list is sorted by id unless somebody asks otherwise; `dated_sort` is the sort while a time is asked for.
    `tabs` names the filter whose words are the tabs.
    """

    name: str
    title: str
    query: Select[Any]
    id_column: ColumnElement[int]
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    sorts: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    first_sort: str = NEWEST_FIRST
    dated_sort: str = NEWEST_FIRST
    tabs: str | None = None

    @property
    def all_sorts(self) -> Mapping[str, ColumnElement[Any]]:
        """Give the sorts by name; every list can be sorted by id."""
        return {BY_ID: self.id_column, **self.sorts}

    @property
    def tab_filter(self) -> Filter | None:
        """Give the filter whose words are the tabs."""
        return next((each for each in self.filters if each.name == self.tabs), None)


@dataclass(frozen=True)
class Question:
    """What is asked of a list: filters in force, as the URL names them, and the sort."""

    listing: Listing
    wanted: Mapping[str, str]
    sort: Sort
    conditions: Mapping[str, ColumnElement[bool]]

    @classmethod
    def of(cls, listing: Listing, arguments: Mapping[str, str]) -> Question:
        """Read a question from a URL's arguments; those that the list does not know are somebody else's.

        Raises:
            InvalidInput: when a filter or the sort makes no sense.
        """
        wanted = in_force(listing, arguments)
        conditions = {each.name: each.condition(wanted[each.name]) for each in listing.filters if each.name in wanted}
        first = listing.dated_sort if {"created_from", "created_to"} & wanted.keys() else listing.first_sort
        named = arguments.get("sort") or first
        sort = choose_sort(named, columns=listing.all_sorts, id_column=listing.id_column)
        return cls(listing, wanted, sort, conditions)

    @property
    def query(self) -> Select[Any]:
        """Build the query for all rows that are asked for, unsorted."""
        return self.listing.query.where(*self.conditions.values())


def in_force(listing: Listing, arguments: Mapping[str, str]) -> dict[str, str]:
    """Give the filters that a URL sets, in the list's own order."""
    typed = {each.name: arguments.get(each.name, "").strip() for each in listing.filters}
    return {name: value for name, value in typed.items() if value}


def read_rows(reader: Reader, question: Question, *, cursor: str | None, limit: int) -> Page:
    """Read one page, in one statement; each row has the database's `now` beside its columns.

    Raises:
        InvalidInput: when the cursor is none of this list's.
    """
    query = question.query.add_columns(clock().label("now"))
    return read_page(reader, query, sort=question.sort, cursor=cursor, limit=limit)


def count_tabs(reader: Reader, question: Question) -> Mapping[str, int]:
    """Count the rows under each tab, up to one more than the cap, in one statement; "" is the tab for all."""
    tabs = question.listing.tab_filter
    if tabs is None:
        return {}
    others = and_(true(), *(each for name, each in question.conditions.items() if name != tabs.name))
    counts = [_count("", question.listing, others)]
    counts += [_count(word, question.listing, and_(others, tabs.condition(word))) for word in tabs.choices]
    return dict(reader.execute(union_all(*counts)).tuples().all())


def _count(name: str, listing: Listing, condition: ColumnElement[bool]) -> Select[tuple[str, int]]:
    ids = select(listing.id_column).where(condition).limit(COUNT_CAP + 1).subquery()
    return select(literal(name), func.count()).select_from(ids)


def export_rows(engine: Engine, question: Question) -> Iterator[Sequence[Row[Any]]]:
    """Read what a question asks for in batches, up to one row more than the cap.

    Each batch is a short read of its own: no connection waits for a slow download.
    """
    cursor, left = None, EXPORT_CAP + 1
    while left:
        with engine.connect() as connection:
            page = read_rows(connection, question, cursor=cursor, limit=min(EXPORT_BATCH, left))
        yield page.rows
        left -= len(page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return
