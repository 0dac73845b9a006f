"""`checkout release`, `expire`, `retry`, `extend`: what people in the console do to a checkout, by the same verbs."""

from __future__ import annotations

from collections.abc import Callable

import click

from console.cli.checkouts import find_lock, print_outcome
from console.cli.groups import actor, open_session
from console.cli.terminal import json_option
from console.engine.staff import actions
from console.engine.staff.reasons import readable_reason
from console.models import CheckoutLock

_checkout_argument = click.argument("checkout", metavar="ID")
_reason_option = click.option("--reason", required=True, help="Why; it stands in the audit trail.")
_optional_reason = click.option("--reason", help="Why, for the audit trail.")


@click.command("release", short_help="Take a checkout off its cart and undo it.")
@_checkout_argument
@_reason_option
@json_option
def release_command(checkout: str, *, reason: str, as_json: bool) -> None:
    """Take the checkout ID, a number or a reference, off its cart and undo it.

    Cart, stock and coupon are free at once, an authorization is voided. Not once the payment is being taken.

    \b
    Example:
      flask --app wsgi checkout release K7Q2-M9XA --reason "The shopper called: wrong address."
    """
    _undo(actions.release, checkout, reason=reason, done="Released", as_json=as_json)


@click.command("expire", short_help="End a checkout's time now.")
@_checkout_argument
@_reason_option
@json_option
def expire_command(checkout: str, *, reason: str, as_json: bool) -> None:
    """End the time of the checkout ID, a number or a reference, now and undo it.

    As `release`, but the shopper is told that the time ran out.

    \b
    Example:
      flask --app wsgi checkout expire 42 --reason "Left open at the counter."
    """
    _undo(actions.expire, checkout, reason=reason, done="Expired", as_json=as_json)


def _undo(verb: Callable[..., CheckoutLock], checkout: str, *, reason: str, done: str, as_json: bool) -> None:
    with open_session() as session:
        lock, why = find_lock(session, checkout), readable_reason(reason) or ""
        verb(session, lock, actor=actor(), reason=why, version=None)
        print_outcome(session, lock.id, done=done, as_json=as_json)


@click.command("retry", short_help="Ask the gateway again now and go on.")
@_checkout_argument
@_optional_reason
@json_option
def retry_command(checkout: str, *, reason: str | None, as_json: bool) -> None:
    """Take the checkout ID, a number or a reference, up again now instead of at its next try.

    The gateway is asked what became of the payment, and the checkout goes on from the answer.

    \b
    Example:
      flask --app wsgi checkout retry k7q2m9xa
    """
    with open_session() as session:
        lock = find_lock(session, checkout)
        before = lock.state
        actions.retry(session, lock, actor=actor(), reason=readable_reason(reason), version=None)
        done = "Retried" if lock.state != before else "Retried, and it is where it was"
        print_outcome(session, lock.id, done=done, as_json=as_json)


@click.command("extend", short_help="Give a checkout more time.")
@_checkout_argument
@click.option("--minutes", type=click.IntRange(min=1), required=True, help="So many from now.")
@_optional_reason
@json_option
def extend_command(checkout: str, *, minutes: int, reason: str | None, as_json: bool) -> None:
    """Give the checkout ID, a number or a reference, so many minutes from now.

    \b
    Example:
      flask --app wsgi checkout extend K7Q2-M9XA --minutes 30
    """
    with open_session() as session:
        lock = find_lock(session, checkout)
        why = readable_reason(reason)
        actions.extend(session, lock, actor=actor(), ttl_minutes=minutes, reason=why, version=None)
        print_outcome(session, lock.id, done=f"Extended to {minutes} minutes from now", as_json=as_json)
