"""The declarative base of every table: no Flask, one naming convention, so that migrations have stable names."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, MetaData, func, literal_column
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite numbers rows by itself only in a column declared INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def one_of(column: str, words: Iterable[StrEnum], *, nullable: bool = False) -> CheckConstraint:
    """Build the CHECK that holds a text column to the words of an enum."""
    listed = ", ".join(f"'{word}'" for word in words)
    condition = f"{column} IN ({listed})"
    if nullable:
        condition = f"{column} IS NULL OR {condition}"
    return CheckConstraint(condition, name=f"{column}_known")


def lower_index(name: str, column: str, *further: str) -> Index:
    """Build the index by which a text is found in any case of its letters.

    On PostgreSQL alone: SQLite, whose tools do not see an index on an expression, holds a small shop.
    """
    return Index(name, func.lower(literal_column(column)), *further).ddl_if(dialect="postgresql")
