"""`checkout resolve`: a human's word about a payment whose end is in doubt."""

from __future__ import annotations

import click

from console.cli.groups import actor, open_session
from console.cli.terminal import json_option, print_json
from console.engine import resolve
from console.engine.errors import NotFound
from console.engine.machine import STATE_NAMES, OperationKind, State
from console.engine.staff.reasons import readable_reason
from console.models import CheckoutLock, PaymentOperation


@click.command("resolve", short_help="Say what became of a payment that is in doubt.")
@click.argument("operation_id", type=click.IntRange(min=1))
@click.option("--happened", type=click.Choice(("yes", "no")), required=True, help="What you saw at the gateway.")
@click.option("--reason", required=True, help="How you know; kept in the audit trail with your name.")
@click.option("--provider-reference", help="The payment's reference at the gateway.")
@json_option
def resolve_command(
    *, operation_id: int, happened: str, reason: str, provider_reference: str | None, as_json: bool
) -> None:
    """Say what became of a payment operation, and have the checkout go on from there.

    The gateway is asked first: its last word is the fact, and a word against it is refused. `doctor` and the checkout's
    page in the console show the operation's number.

    \b
    Examples:
      flask --app wsgi checkout resolve 42 --happened yes --reason "captured, says the gateway's dashboard"
      flask --app wsgi checkout resolve 43 --happened yes --reason "refunded by bank transfer" --provider-reference re_1
    """
    with open_session() as session:
        operation = session.get(PaymentOperation, operation_id)
        if operation is None:
            raise NotFound(f"There is no payment operation {operation_id}.")
        lock = resolve(
            session,
            operation,
            happened=happened == "yes",
            actor=actor(),
            reason=readable_reason(reason) or "",
            provider_reference=provider_reference,
        )
    _tell(lock, operation, as_json=as_json)


def _tell(lock: CheckoutLock, operation: PaymentOperation, *, as_json: bool) -> None:
    if as_json:
        facts = ("id", "kind", "status", "provider_reference", "resolved_by")
        told = {name: getattr(operation, name) for name in facts}
        shown = ("id", "reference", "state", "outcome", "needs_attention")
        print_json({name: getattr(lock, name) for name in shown} | {"operation": told})
        return
    noun, outcome = OperationKind(operation.kind).noun, f", {lock.outcome}" if lock.outcome else ""
    click.echo(f"The {noun} is {operation.status}. {lock.reference} is {STATE_NAMES[State(lock.state)]}{outcome}.")
    if lock.needs_attention:
        click.echo(f"It still needs attention: {lock.needs_attention}")
