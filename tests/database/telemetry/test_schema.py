"""Code of one version before a database of another: what is only added since stands in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, insert, text, update

from console.telemetry.schema import REVISIONS, VERSIONS, find_trouble, own_revision

NEWEST = own_revision()
TOO_OLD = "the database is not at the newest migration"
DOES_NOT_WORK = "the database is at migration 9000, and this version, of {own}, does not work with it"


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    """Connect to a migrated database; what a test does there is taken back."""
    with database.connect() as connection:
        yield connection


def bring_to(connection: Connection, revision: str, *, works_with: str | None) -> None:
    connection.execute(update(VERSIONS).values(version_num=revision))
    if works_with is not None:
        connection.execute(insert(REVISIONS).values(revision=revision, works_with=works_with))


def test_the_schema_of_ones_own_is_no_trouble(connection: Connection) -> None:
    assert find_trouble(connection, NEWEST) is None


@pytest.mark.parametrize("own", ["8998", "8999"])
def test_a_newer_schema_is_no_trouble_for_those_that_it_works_with(connection: Connection, own: str) -> None:
    bring_to(connection, "9000", works_with="8998")

    assert find_trouble(connection, own) is None


@pytest.mark.parametrize("works_with", ["8998", "9000", None])
def test_a_newer_schema_that_does_not_say_so_is_trouble(connection: Connection, works_with: str | None) -> None:
    bring_to(connection, "9000", works_with=works_with)

    assert find_trouble(connection, "8997") == DOES_NOT_WORK.format(own="8997")


def test_a_newer_schema_of_before_it_was_asked_is_trouble(connection: Connection) -> None:
    connection.execute(text("DROP TABLE schema_revisions"))
    bring_to(connection, "9000", works_with=None)

    assert find_trouble(connection, "8999") == DOES_NOT_WORK.format(own="8999")


def test_an_older_schema_is_trouble_whoever_works_with_it(connection: Connection) -> None:
    bring_to(connection, "9000", works_with="8998")

    assert find_trouble(connection, "9001") == TOO_OLD


def test_a_database_without_a_version_is_trouble(connection: Connection) -> None:
    connection.execute(text("DROP TABLE alembic_version"))

    assert find_trouble(connection, NEWEST) == TOO_OLD
