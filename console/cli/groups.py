"""What all commands share: refusals in one line, the app's database, who is at the keyboard."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from console.engine.errors import CheckoutError
from console.engine.payments.gateway import NoAnswer
from console.extensions import db
from console.imports.csv_files import UnreadableFile
from console.settings import SettingsError


class ConsoleGroup(AppGroup):
    """A group whose commands say in one line why they cannot do what they were asked, and exit with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command in the app's context."""
        if not current_app:
            ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
        try:
            return super().invoke(ctx)
        except (CheckoutError, UnreadableFile, SettingsError) as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except NoAnswer as silence:
            raise click.ClickException(f"The gateway gave no answer: {silence}") from silence
        except DBAPIError as error:
            raise click.ClickException(_explain(error)) from error


def _explain(error: DBAPIError) -> str:
    told = str(error.orig).strip().splitlines()[0]
    if "no such table" in told or "does not exist" in told:
        return f"The database is not migrated ({told}); run: flask --app wsgi db upgrade"
    return f"The database refused: {told}"


@contextmanager
def open_session() -> Iterator[Session]:
    """Open a session on the app's database."""
    with Session(db.engine, expire_on_commit=False) as session:
        yield session


def actor() -> str:
    """Name who runs the command, as the audit trail has it."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user need not have a name
        return f"cli:{os.getuid()}"
