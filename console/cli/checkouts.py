"""How commands name a checkout, and how they tell what became of it."""

from __future__ import annotations

import click
from sqlalchemy import Select, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout, read_checkout
from console.casebook.documents import describe
from console.cli.terminal import print_json
from console.engine.driving.locks import normalise_reference
from console.engine.errors import NotFound
from console.engine.machine import STATE_NAMES, State
from console.engine.store.database import load, look
from console.extensions import current_settings
from console.models import CheckoutLock

_MOST_DIGITS = 18  # of an id


def find_lock(session: Session, name: str, *, is_reference: bool = False) -> CheckoutLock:
    """Find the checkout that is called so: by its number, or by its reference in any spelling. Reads only.

    `is_reference` says that the name can be no number.

    Raises:
        NotFound: when there is none.
    """
    try:
        return load(session, _referenced(name) if is_reference else _named(name))
    except NoResultFound:
        raise NotFound(f"There is no checkout {name}.") from None


def find_checkout(session: Session, lock_id: int) -> Checkout:
    """Read a checkout and all that belongs to it. Reads only.

    Raises:
        NotFound: when there is none.
    """
    sweep_seconds = current_settings().sweep_seconds
    checkout = look(session, lambda reader: read_checkout(reader, lock_id, sweep_seconds=sweep_seconds))
    if checkout is None:
        raise NotFound(f"There is no checkout {lock_id}.")
    return checkout


def print_outcome(session: Session, lock_id: int, *, done: str, as_json: bool) -> None:
    """Tell what was done to a checkout and how it is now: in three lines, or as the Admin API describes it."""
    checkout = find_checkout(session, lock_id)
    if as_json:
        print_json(describe(checkout).model_dump())
        return
    lock, told = checkout.lock, checkout.explanation
    outcome = f", {lock.outcome.replace('_', ' ')}" if lock.outcome else ""
    click.echo(f"{done}. {lock.reference} is {STATE_NAMES[State(lock.state)]}{outcome}.")
    click.echo(told.money)
    click.echo(f"Next: {told.next_step}")


def _named(name: str) -> Select[tuple[CheckoutLock]]:
    """Build the query for a checkout; digits alone are its number, and a reference only if there is no such number."""
    plain = name.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS):
        return _referenced(name)
    is_number = CheckoutLock.id == int(plain)
    is_reference = CheckoutLock.reference == normalise_reference(name)
    return select(CheckoutLock).where(or_(is_number, is_reference)).order_by(is_number.desc()).limit(1)


def _referenced(name: str) -> Select[tuple[CheckoutLock]]:
    return select(CheckoutLock).where(CheckoutLock.reference == normalise_reference(name))
