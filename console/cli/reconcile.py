"""`checkout reconcile`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from console.cli.ages import read_age
from console.cli.groups import open_session
from console.cli.terminal import json_option, print_json, print_table
from console.engine.care.ledger_comparison import Difference, find_differences
from console.engine.store.moments import moment_ago

_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_LONGEST_SECONDS = 100 * 365 * 86400


class Since(click.ParamType):
    """A duration before now (`7d`, `12h`), or a date or time; a time without its zone is UTC."""

    name = "duration or time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | datetime:
        """Read what was given."""
        if isinstance(value, timedelta | datetime):
            return value
        seconds = read_age(value, units="mhdw")
        if seconds is not None and seconds <= _LONGEST_SECONDS:
            return timedelta(seconds=seconds)
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(
                f"{value!r} is neither a duration (7d, 12h) nor a date or time (2026-11-22T14:30:00Z).", param, ctx
            )
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            self.fail(f"{value!r} is no time that the books know of.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command("reconcile", short_help="Compare our payments with the gateway's ledger.")
@click.option("--since", type=Since(), help="Only what changed since then: 7d, 12h, 2026-11-22, …")
@json_option
def reconcile_command(*, since: timedelta | datetime | None, as_json: bool) -> None:
    """Compare our operations with the gateway's ledger, both ways; exit code 1 on a difference.

    Operations without a last word are no difference. Nothing is changed: the worker compares the last 7 days every hour
    and records what it finds.

    \b
    Examples:
      flask --app wsgi checkout reconcile
      flask --app wsgi checkout reconcile --since 7d --json
    """
    with open_session() as session:
        moment = _moment(session, since)
        differences = find_differences(session, since=moment)
    if as_json:
        print_json(_as_document(differences, moment))
    else:
        _print(differences)
    if differences:
        raise click.exceptions.Exit(1)


def _moment(session: Session, since: timedelta | datetime | None) -> datetime | None:
    if isinstance(since, timedelta):
        return moment_ago(session, since.total_seconds())
    return since


def _as_document(differences: list[Difference] | None, since: datetime | None) -> dict[str, Any]:
    told = [asdict(each) | {"told": each.told, "advice": each.advice} for each in differences or ()]
    return {"compared": differences is not None, "since": since, "differences": told}


def _print(differences: list[Difference] | None) -> None:
    if differences is None:
        click.echo("This gateway shows no ledger: there is nothing to compare with.")
    elif not differences:
        click.echo("Our operations and the gateway's ledger agree.")
    else:
        rows = [(each.reference, each.provider_reference, each.told, each.advice) for each in differences]
        print_table(("checkout", "gateway's reference", "what differs", "what to do"), rows)
