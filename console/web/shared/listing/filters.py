"""The filters of a list: what a URL may ask for, and the condition that an index serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false

from console.engine.errors import InvalidInput
from console.models.folding import lowered
from console.web.shared.listing.keyset import is_id
from console.web.shared.listing.pasted import address_in

_LONGEST_NUMBER = 19
_DATE_LENGTH = len("2026-11-22")
_EARLIEST_YEAR = 1000  # times are text on SQLite, and that many digits keep its order
_YES_NO = {"true": True, "false": False}

Condition = Callable[[str], ColumnElement[bool]]


class FilterKind(StrEnum):
    """How a filter is typed in."""

    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True)
class Filter:
    """One filter: its name in the URL, its label, and how a value becomes a condition.

    `condition` raises InvalidInput for a value that nothing can have.
    """

    name: str
    label: str
    condition: Condition
    kind: FilterKind = FilterKind.TEXT
    choices: tuple[str, ...] = ()


def equals(name: str, label: str, column: ColumnElement[Any]) -> Filter:
    """Filter by the exact text of a column."""
    return Filter(name, label, lambda value: column == value if is_storable(value) else false())


def is_one_of(name: str, label: str, column: ColumnElement[Any], *, words: Iterable[StrEnum]) -> Filter:
    """Filter by one of the words that a column may hold."""
    choices = tuple(str(word) for word in words)

    def condition(value: str) -> ColumnElement[bool]:
        if value not in choices:
            raise InvalidInput(f"There is no {name.replace('_', ' ')} “{value}”.", field=name)
        return column == value

    return Filter(name, label, condition, FilterKind.CHOICE, choices)


def is_number(name: str, label: str, column: ColumnElement[int]) -> Filter:
    """Filter by the id of another row."""

    def condition(value: str) -> ColumnElement[bool]:
        number = read_id(value)
        if number is None:
            raise InvalidInput(f"{label} is a number.", field=name)
        return column == number

    return Filter(name, label, condition, FilterKind.NUMBER)


def is_flag(name: str, label: str, claim: Callable[[], ColumnElement[bool]]) -> Filter:
    """Filter by whether a claim holds."""

    def condition(value: str) -> ColumnElement[bool]:
        if value not in _YES_NO:
            raise InvalidInput(f"{name} is true or false.", field=name)
        return claim() if _YES_NO[value] else ~claim()

    return Filter(name, label, condition, FilterKind.FLAG, tuple(_YES_NO))


def has_email(name: str, label: str, column: ColumnElement[Any]) -> Filter:
    """Filter by an e-mail address, in any case of its letters, as support is given it: `Ada <ada@example.org>`."""
    return Filter(name, label, lambda value: email_is(column, value))


def was_between(column: ColumnElement[datetime]) -> tuple[Filter, Filter]:
    """Filter by time: from a moment on, and up to another, which as a bare date is meant with that day."""
    return (
        Filter("created_from", "From", lambda value: column >= _moment("created_from", value), FilterKind.DATE),
        Filter("created_to", "To", lambda value: column < _end("created_to", value), FilterKind.DATE),
    )


def email_is(column: ColumnElement[Any], words: str) -> ColumnElement[bool]:
    """Build the condition that a column holds the e-mail address in some words, in any case of its letters."""
    address = address_in(words)
    return lowered(column) == address.lower() if address else false()


def is_storable(value: str) -> bool:
    """Tell whether a text column could hold a value: PostgreSQL has no NUL."""
    return "\x00" not in value


def read_id(value: str) -> int | None:
    """Read the id of a row; None for what cannot be one."""
    if not (value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER):
        return None
    return int(value) if is_id(int(value)) else None


def _end(name: str, value: str) -> datetime:
    moment = _moment(name, value)
    if len(value) > _DATE_LENGTH:
        return moment
    try:
        return moment + timedelta(days=1)
    except OverflowError as error:
        raise _no_time(name) from error


def _moment(name: str, value: str) -> datetime:
    """Read a date or a time; one without a zone is in UTC. A `+` that became a space in the URL is mended."""
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_time(name) from error
    if aware.year < _EARLIEST_YEAR:
        raise _no_time(name)
    return aware


def _no_time(name: str) -> InvalidInput:
    return InvalidInput(f"{name} is a date such as 2026-11-22, or a time such as 2026-11-22T14:30:00Z.", field=name)
