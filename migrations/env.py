"""How migrations run: on a connection of their own, one upgrade at a time, all of it or nothing."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON, Connection, Engine, False_, True_, event, text

from console.engine.store.database import create_database
from console.extensions import current_settings, db
from console.telemetry.schema import is_of_the_models

OWN_TYPES = "console.models.types"
UPGRADE_LOCK = 7_204_117  # any number, the same for every host


def migrate_offline() -> None:
    """Print the SQL for the database that the settings name."""
    context.configure(
        url=db.engine.url.render_as_string(hide_password=False),
        target_metadata=db.metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate_online() -> None:
    """Migrate the database that the settings name; a second upgrade at the same time waits for the first."""
    engine = _migration_database()
    options = dict(current_app.extensions["migrate"].configure_args)
    options.setdefault("process_revision_directives", _drop_empty_revision)
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection,
                target_metadata=db.metadata,
                render_item=_render,
                include_name=is_of_the_models,
                transactional_ddl=True,  # SQLite's too: we say BEGIN ourselves
                **options,
            )
            with context.begin_transaction():
                _wait_for_others(connection)
                context.run_migrations()
                _check_references(connection)
    finally:
        engine.dispose()


def _migration_database() -> Engine:
    """Make an engine whose statements may take their time."""
    settings = current_settings()
    engine = create_database(settings.database_url, pooler=settings.database_pooler, statement_timeout_ms=0)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _let_go_of_foreign_keys)
        return engine.execution_options(checkout_writes=True)
    return engine


def _let_go_of_foreign_keys(connection: Any, _record: Any) -> None:
    # A batch migration drops and renames tables: with foreign keys on, the drop would cascade.
    connection.execute("PRAGMA foreign_keys=OFF")


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration leaves broken references: {broken[:5]}")


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write what Alembic would write for the database at hand in a way that fits every database."""
    if kind == "server_default" and isinstance(getattr(item, "arg", None), True_ | False_):
        return f"sa.{item.arg}()"
    return _render_type(item, autogen) if kind == "type" else False


def _render_type(item: Any, autogen: AutogenContext) -> str | Literal[False]:
    if isinstance(item, JSON):  # Alembic would write the variant with a name it does not import
        name = expression = "NullableJson" if item.none_as_null else "JsonDocument"
    elif type(item).__module__ == OWN_TYPES:
        name = type(item).__name__
        expression = f"{name}()"
    else:
        return False
    autogen.imports.add(f"from {OWN_TYPES} import {name}")
    return expression


def _drop_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives.clear()


if context.is_offline_mode():
    migrate_offline()
else:
    migrate_online()
