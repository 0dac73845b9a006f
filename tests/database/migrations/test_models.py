"""The migrations make the tables that the models describe, down to each condition, which Alembic does not look at."""

from __future__ import annotations

import re
from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, select

from console.engine.store.database import create_database
from console.models import Base
from console.paths import resource
from console.telemetry.schema import REVISIONS
from tests.support.databases import empty_database
from tests.support.schemas import compare, describe

NUMBERED = re.compile("[0-9]{4}")


def test_the_migrations_make_what_the_models_describe(database: Engine, tmp_path: Path) -> None:
    with empty_database(database.dialect.name, tmp_path) as url:
        by_models = create_database(url)
        with by_models.begin() as connection:
            Base.metadata.create_all(connection)
            described = describe(connection)
        by_models.dispose()

    with database.connect() as connection:
        assert compare(describe(connection), described) == []


def test_alembic_finds_nothing_to_migrate(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_each_schema_says_the_oldest_version_that_works_with_it(database: Engine) -> None:
    scripts = list(ScriptDirectory(str(resource("migrations"))).iterate_revisions("head", "0001"))
    before = {script.revision: script.down_revision for script in scripts}

    with database.connect() as connection:
        said = {row.revision: row.works_with for row in connection.execute(select(REVISIONS))}

    assert said.keys() == before.keys()
    assert all(said[revision] <= before[revision] < revision for revision in said), "or that version could not go on"
    assert all(NUMBERED.fullmatch(revision) for revision in [*before.keys(), *before.values()])
