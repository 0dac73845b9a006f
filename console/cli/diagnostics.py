"""`checkout diagnostics`."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from console.casebook.money import ask_of
from console.cli.checkout_view import Case, draw_case
from console.cli.checkouts import find_checkout, find_lock
from console.cli.groups import open_session
from console.cli.system_view import draw_system
from console.cli.terminal import json_option, output, print_json
from console.engine.prices.drift import read_drifts
from console.extensions import current_settings
from console.telemetry.system import examine_system


@click.command("diagnostics", short_help="Explain one checkout, or how the whole system is and what to do.")
@click.option("--lock-id", type=click.IntRange(min=1), help="This checkout, by its number.")
@click.option("--reference", help="This checkout, by its reference in any spelling.")
@json_option
def diagnostics_command(*, lock_id: int | None, reference: str | None, as_json: bool) -> None:
    """Explain one checkout: why it is where it is, what happens next, what can be done; its history and its money,
    by our books and by the gateway's. Or, without one, the whole system with recommendations.

    \b
    Examples:
      flask --app wsgi checkout diagnostics
      flask --app wsgi checkout diagnostics --reference k7q2m9xa
      flask --app wsgi checkout diagnostics --lock-id 42 --json
    """
    if lock_id is not None and reference is not None:
        raise click.UsageError("Give --lock-id or --reference, not both.")
    with open_session() as session:
        if reference is not None:
            lock_id = find_lock(session, reference, is_reference=True).id
        if lock_id is None:
            _explain_system(session, as_json=as_json)
        else:
            _explain_checkout(session, lock_id, as_json=as_json)


def _explain_checkout(session: Session, lock_id: int, *, as_json: bool) -> None:
    checkout = find_checkout(session, lock_id)
    case = Case(checkout, read_drifts(session, [lock_id]).get(lock_id), ask_of(session, checkout))
    if as_json:
        print_json(case.as_document())
    else:
        console = output()
        console.print(draw_case(case, tolerance_minor=current_settings().checkout_price_drift_tolerance))


def _explain_system(session: Session, *, as_json: bool) -> None:
    system = examine_system(session, current_settings())
    if as_json:
        print_json(system.as_document())
    else:
        console = output()
        console.print(draw_system(system))
    if not system.database.is_ready:
        raise click.exceptions.Exit(1)
