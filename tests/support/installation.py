"""A whole installation in a folder of its own: settings, migrated database, app."""

from __future__ import annotations

from pathlib import Path

from apiflask import APIFlask
from flask_migrate import upgrade

from console import create_app
from console.extensions import db
from console.settings import load
from tests.support.compiled import CompiledTemplates

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
