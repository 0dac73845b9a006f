"""A whole installation in a folder of its own: settings, migrated database, app."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from apiflask import APIFlask
from flask_migrate import upgrade
from sqlalchemy import Engine, text

from console import create_app
from console.engine.audit import FIRST_HASH
from console.engine.database import create_database
from console.extensions import db
from console.models import Base
from console.settings import load
from tests.compiled import CompiledTemplates

TEMPLATES = CompiledTemplates()
SECRET_KEY = "an-own-secret-for-tests-1b9d7c3f5e"  # long enough, and nobody else's


def environment(database_url: str, folder: Path, **settings: str) -> dict[str, str]:
    """Build the environment of an installation: limits off, everything in its folder."""
    return {
        "DATABASE_URL": database_url,
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": SECRET_KEY,
        "CHECKOUT_RATE_LIMIT": "",
        **settings,
    }


def build_app(database_url: str, folder: Path, **settings: str) -> APIFlask:
    """Make the app of an installation."""
    app = create_app(load(environment(database_url, folder, **settings)))
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def migrate(database_url: str, folder: Path) -> None:
    """Bring a database to the newest migration."""
    app = build_app(database_url, folder)
    with app.app_context():
        upgrade()
    close(app)


def close(app: APIFlask) -> None:
    """Let an app's connections go."""
    with app.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Prepared:
    """A migrated database that tests get clean: a file to copy, or a database to empty."""

    url: str
    tables: tuple[str, ...] = tuple(Base.metadata.tables)

    def fresh(self, folder: Path) -> str:
        """Give out the URL of a clean one."""
        if self.url.startswith("sqlite"):
            shutil.copy(self.url.removeprefix("sqlite:///"), folder / "shop.sqlite3")
            return f"sqlite:///{folder}/shop.sqlite3"
        engine = create_database(self.url)
        _empty(engine, self.tables)
        engine.dispose()
        return self.url


def _empty(engine: Engine, tables: tuple[str, ...]) -> None:
    """Bring a database back to how the migrations left it; deleting few rows is much faster than truncating."""
    used = text("SELECT quote_ident(sequencename) FROM pg_sequences WHERE last_value IS NOT NULL")
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no order by foreign keys
        connection.exec_driver_sql("; ".join(f"DELETE FROM {table}" for table in tables))
        for sequence in connection.scalars(used).all():
            connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
        connection.execute(text("INSERT INTO warehouses (code, name) VALUES ('main', 'Main warehouse')"))
        connection.execute(
            text("INSERT INTO audit_head (id, hash, entries) VALUES (1, :hash, 0)"), {"hash": FIRST_HASH}
        )
