"""`checkout doctor`."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from console.cli.groups import open_session
from console.cli.terminal import compact, json_option, print_json, print_table
from console.engine.care.doctor import Diagnosis, Finding, diagnose
from console.engine.care.mending import Mended, mend
from console.extensions import current_settings

_MOST_SHOWN = 3


@click.command("doctor", short_help="Check every invariant and upkeep rule.")
@click.option("--fix", is_flag=True, help="First mend what is provably safe to mend, and say what was.")
@json_option
def doctor_command(*, fix: bool, as_json: bool) -> None:
    """Check every invariant and upkeep rule; exit code 1 if an invariant is broken.

    \b
    Examples:
      flask --app wsgi checkout doctor
      flask --app wsgi checkout doctor --fix --json
    """
    with open_session() as session:
        mended = mend(session) if fix else None
        if mended is not None and not as_json:
            _print_mended(mended)
        diagnosis = _diagnose(session, mended, as_json=as_json)
    if as_json:
        print_json(as_document(diagnosis) | _as_fixed(mended))
    else:
        _print(diagnosis)
    if not diagnosis.is_sound:
        raise click.exceptions.Exit(1)


def _diagnose(session: Session, mended: Mended | None, *, as_json: bool) -> Diagnosis:
    """Diagnose; where that fails, or is interrupted, what was mended is told all the same."""
    try:
        return diagnose(session, sweep_seconds=current_settings().sweep_seconds)
    except BaseException:
        if mended is not None and as_json:
            print_json({"sound": None, "clean": None, "rules": []} | _as_fixed(mended))
        raise


def _as_fixed(mended: Mended | None) -> dict[str, Any]:
    return {"fixed": None if mended is None else vars(mended)}


def as_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Build a diagnosis as JSON has it."""
    rules = [
        {
            "invariant": finding.number,
            "title": finding.title,
            "status": _status(finding),
            "violations": finding.facts,
            "note": finding.note,
        }
        for finding in diagnosis.findings
    ]
    return {"sound": diagnosis.is_sound, "clean": diagnosis.is_clean, "rules": rules}


def broken_rules(diagnosis: Diagnosis) -> list[str]:
    """Write the rules that are broken, one a line."""
    return [
        f"{_name(finding)} {finding.title}: {_told(finding)}" for finding in diagnosis.findings if finding.is_broken
    ]


def _print(diagnosis: Diagnosis) -> None:
    rows = [(_name(each), each.title, _status(each), _told(each)) for each in diagnosis.findings]
    print_table(("rule", "what must hold", "status", "what breaks it"), rows)
    if diagnosis.is_clean:
        click.echo("Everything holds.")
    elif diagnosis.is_sound:
        click.echo("Every invariant holds; an upkeep rule does not. `doctor --fix` or `recover` may help.")
    else:
        click.echo("An invariant is broken: that is a defect. Keep the database as it is and report what stands above.")


def _print_mended(mended: Mended) -> None:
    click.echo(f"Mended: {mended.expired} due checkouts expired, {mended.recovered} interrupted ones recovered.")
    for cart_id in mended.freed_carts:
        click.echo(f"  Cart {cart_id} was let go: the checkout that it named does not hold it.")
    for reference in mended.owed:
        click.echo(f"  {reference} had gone back with its money held: what it owes is written, and is being sent.")
    for reference in mended.called:
        click.echo(f"  {reference} needs attention: its payment has no last word past its time-out.")
    for told in mended.unmended:
        click.echo(f"  Not mended: {told}")


def _name(finding: Finding) -> str:
    return "health" if finding.number is None else f"invariant {finding.number}"


def _status(finding: Finding) -> str:
    return "broken" if finding.is_broken else "ok"


def _told(finding: Finding) -> str:
    shown = "; ".join(map(compact, finding.facts[:_MOST_SHOWN]))
    more = len(finding.facts) - _MOST_SHOWN
    return f"{shown} … and {more} more" if more > 0 else shown or finding.note
