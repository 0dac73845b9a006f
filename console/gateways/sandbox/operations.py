"""One call to the sandbox: from the request to the reply, inside one transaction of its ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.gateways.sandbox.calls import KnownCall, last_answer, record_call, store_answer
from console.gateways.sandbox.challenges import challenge_answer, open_challenge, void_challenge
from console.gateways.sandbox.charges import UNANSWERED, WAITING, Charge, ChargeResult, judge, refusal, success
from console.gateways.sandbox.delayed import delay_operation, do_delayed, is_delayed_due
from console.gateways.sandbox.ledger import (
    add_charge,
    change_charge,
    hold_charge,
    new_charge,
    read_charge,
)
from console.gateways.sandbox.tokens import (
    SERVER_ERROR,
    SILENCE,
    Behaviour,
    Manner,
    behaviour_of,
    token_problem,
)


@dataclass(frozen=True)
class GatewayReply:
    """What the caller gets once the ledger has committed: an answer after a delay, or silence and its reason."""

    answer: GatewayAnswer | None = None
    silence: str | None = None
    delay_seconds: float = 0.0


def carry_out(connection: Connection, request: GatewayRequest, *, public_url: str) -> GatewayReply:
    """Do one operation unless its key has done it before. Caller commits, then gives the reply.

    `public_url` is where a shopper finds the gateway's pages.
    """
    call = record_call(connection, request)
    if call is None:
        return GatewayReply(refusal(request, "idempotency_key_reused"))
    if call.answer is not None:
        return GatewayReply(call.answer)
    if request.kind is OperationKind.AUTHORIZE:
        return _open_payment(connection, request, call=call, public_url=public_url)
    charge = hold_charge(connection, request)
    if charge is None:
        return _refuse(connection, request, "no_such_authorization")
    if behaviour_of(charge.token).settles_later:
        charge = do_delayed(connection, charge.provider_reference)
    return _act(connection, request, call=call, charge=charge, public_url=public_url)


def find_due(connection: Connection, reference: str) -> str | None:
    """Name the payment for our reference if something is due to it, which is to be done before it is looked at."""
    charge = read_charge(connection, reference)
    if charge is None or not behaviour_of(charge.token).settles_later:
        return None
    return charge.provider_reference if is_delayed_due(connection, charge) else None


def look_up(connection: Connection, reference: str, *, kind: OperationKind) -> GatewayReply:
    """Tell what became of an operation: what the payment shows, else what was answered last."""
    charge = read_charge(connection, reference)
    if charge is not None and behaviour_of(charge.token).is_silent:
        return GatewayReply(silence=SILENCE)
    if charge is not None and charge.done(kind):
        return GatewayReply(success(charge, charge.done(kind)))
    if charge is not None and kind is OperationKind.AUTHORIZE and behaviour_of(charge.token).asks_shopper:
        return GatewayReply(challenge_answer(connection, charge) or last_answer(connection, reference, kind=kind))
    return GatewayReply(last_answer(connection, reference, kind=kind))


def _open_payment(connection: Connection, request: GatewayRequest, *, call: KnownCall, public_url: str) -> GatewayReply:
    problem = token_problem(request.token)
    if problem or request.token is None:
        return _refuse(connection, request, problem or "invalid_token")
    charge = new_charge(request, token=request.token)
    if behaviour_of(request.token).is_silent and call.attempts == 1:
        add_charge(connection, replace(charge, status=UNANSWERED))  # so that `find` knows to be silent too
    return _act(connection, request, call=call, charge=charge, public_url=public_url)


def _act(
    connection: Connection, request: GatewayRequest, *, call: KnownCall, charge: Charge, public_url: str
) -> GatewayReply:
    """Do one operation on a payment in its token's manner; the answer is stored even if it gets lost."""
    behaviour = behaviour_of(charge.token)
    silence = _silence_before(behaviour, request.kind, attempts=call.attempts)
    if silence:
        return GatewayReply(silence=silence)
    manner = behaviour.manner(request.kind)
    verdict = judge(charge, request, manner=manner)
    if request.kind is OperationKind.AUTHORIZE:
        add_charge(connection, verdict.charge)
    elif verdict.charge != charge:
        change_charge(connection, verdict.charge)
    answer = _leave_open(connection, request, verdict, manner=manner, public_url=public_url)
    if charge.status == WAITING and verdict.charge.status != WAITING:
        void_challenge(connection, charge)
    store_answer(connection, request, answer=answer)
    if call.attempts == 1 and manner.first_answer_lost:
        return GatewayReply(silence=manner.first_answer_lost)
    return GatewayReply(answer, delay_seconds=manner.delay_seconds)


def _leave_open(
    connection: Connection, request: GatewayRequest, verdict: ChargeResult, *, manner: Manner, public_url: str
) -> GatewayAnswer:
    """Prepare what follows an answer that is not the last word: the shopper's page, or what the gateway does later."""
    if not verdict.is_open:
        return verdict.answer
    if manner.asks_shopper:
        return open_challenge(connection, request, answer=verdict.answer, public_url=public_url)
    if manner.settles_after_seconds is not None:
        delay_operation(connection, verdict.charge, request, after_seconds=manner.settles_after_seconds)
    return verdict.answer


def _silence_before(behaviour: Behaviour, kind: OperationKind, *, attempts: int) -> str | None:
    """Tell why this call is not even tried, if it is not."""
    if behaviour.is_silent:
        return SILENCE
    return SERVER_ERROR if attempts <= behaviour.manner(kind).errors_before else None


def _refuse(connection: Connection, request: GatewayRequest, code: str) -> GatewayReply:
    answer = refusal(request, code)
    store_answer(connection, request, answer=answer)
    return GatewayReply(answer)
