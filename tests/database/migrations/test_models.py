"""The migrations make the tables that the models describe, down to each condition, which Alembic does not look at."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from console.engine.store.database import create_database
from console.models import Base
from tests.support.databases import empty_database
from tests.support.schemas import compare, describe


def test_the_migrations_make_what_the_models_describe(database: Engine, tmp_path: Path) -> None:
    with empty_database(database.dialect.name, tmp_path) as url:
        by_models = create_database(url)
        with by_models.begin() as connection:
            Base.metadata.create_all(connection)
            described = describe(connection)
        by_models.dispose()

    with database.connect() as connection:
        assert compare(describe(connection), described) == []
