"""What was released is never changed: installations have it, and no migration would take them from the old to the new."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite

from console.models.types import ExactDecimal, JsonDocument, NullableJson, UtcDateTime
from console.paths import resource
from tests.support.dumps import dumped_revisions, path_of

ROOT = Path(__file__).parents[3]
ADVICE = """{file} was released and is frozen; installations have run it as it was.
Put it back, and write a new migration for the change: docs/decisions/0006-migrations.md."""

# By path and SHA-256; a release adds its migrations and its dump.
FROZEN = {
    "migrations/versions/0001_tables.py": "2d4fa01a53ccabb36a768c23072bbe99af67f2867b7c0b63d169c27042d1aef3",
    "tests/database/migrations/filled_0001.jsonl": "9cb840d102f21b59f30f78c8329af741143d103b6dde231d128ee52e4b777d31",
}


@pytest.mark.parametrize("file", FROZEN)
def test_what_was_released_is_as_it_was(file: str) -> None:
    assert hashlib.sha256((ROOT / file).read_bytes()).hexdigest() == FROZEN[file], ADVICE.format(file=file)


def test_the_column_types_that_migrations_borrow_are_as_they_were() -> None:
    borrowed = {"UtcDateTime": UtcDateTime(), "ExactDecimal": ExactDecimal()}
    borrowed |= {"JsonDocument": JsonDocument, "NullableJson": NullableJson}

    written = {
        name: (kind.compile(sqlite.dialect()), kind.compile(postgresql.dialect())) for name, kind in borrowed.items()
    }

    assert written == {
        "UtcDateTime": ("VARCHAR(26)", "TIMESTAMP WITH TIME ZONE"),
        "ExactDecimal": ("VARCHAR(40)", "NUMERIC(24, 12)"),
        "JsonDocument": ("JSON", "JSONB"),
        "NullableJson": ("JSON", "JSONB"),
    }, "0001 makes its columns of these types: a change needs a type of its own, and a migration"


def test_every_version_with_a_dump_is_frozen() -> None:
    newest = dumped_revisions()[-1]
    scripts = ScriptDirectory(str(resource("migrations"))).iterate_revisions(newest, "base")

    released = [Path(script.path) for script in scripts] + [path_of(revision) for revision in dumped_revisions()]

    assert {str(path.relative_to(ROOT)) for path in released} == set(FROZEN)
