"""`checkout cleanup-expired-locks`, `recover`, `worker`: what runs by itself where a worker runs, now and by hand."""

from __future__ import annotations

import click
from flask.cli import ScriptInfo, pass_script_info
from sqlalchemy.orm import Session

from console.cli.groups import open_session
from console.cli.terminal import json_option, print_json
from console.engine.checkout import advance
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.errors import NotFound
from console.engine.machine import STATE_NAMES, State
from console.models import CheckoutLock

_ALL = 1_000_000


@click.command("cleanup-expired-locks", short_help="Expire the checkouts whose time ran out.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the longest overdue first.")
@json_option
def cleanup_command(*, limit: int | None, as_json: bool) -> None:
    """Expire what is due, now: carts, stock and coupons are free again, and authorizations are voided.

    \b
    Example:
      flask --app wsgi checkout cleanup-expired-locks --limit 100
    """
    with open_session() as session:
        expired = expire_due(session, limit=limit)
    if as_json:
        print_json({"expired": expired})
    else:
        click.echo(f"Expired: {expired}.")


@click.command("recover", short_help="Drive interrupted checkouts to an end.")
@click.option("--lock-id", type=click.IntRange(min=1), help="This checkout only.")
@json_option
def recover_command(*, lock_id: int | None, as_json: bool) -> None:
    """Drive checkouts on whose driver died or whose next try is due, now.

    \b
    Examples:
      flask --app wsgi checkout recover
      flask --app wsgi checkout recover --lock-id 42
    """
    with open_session() as session:
        if lock_id is not None:
            _recover_one(session, lock_id, as_json=as_json)
            return
        recovered = recover(session, limit=_ALL)
    if as_json:
        print_json({"recovered": recovered})
    else:
        click.echo(f"Recovered: {recovered}.")


def _recover_one(session: Session, lock_id: int, *, as_json: bool) -> None:
    lock = session.get(CheckoutLock, lock_id)
    if lock is None:
        raise NotFound(f"There is no checkout {lock_id}.")
    lock = advance(session, lock)
    if as_json:
        print_json({"id": lock.id, "reference": lock.reference, "state": lock.state, "outcome": lock.outcome})
    else:
        outcome = f", {lock.outcome}" if lock.outcome else ""
        click.echo(f"{lock.reference} is {STATE_NAMES[State(lock.state)]}{outcome}.")


@click.command("worker", short_help="Do everything periodic and every event, in the foreground.")
@pass_script_info
def worker_command(script: ScriptInfo) -> None:
    """Expire, recover and deliver events until SIGTERM or Ctrl-C; any number of workers may run, on any host.

    \b
    Example:
      flask --app wsgi checkout worker
    """
    from console.jobs.worker import run_worker  # noqa: PLC0415 - no other command needs the jobs

    run_worker(script.load_app())
