"""One call to the sandbox: from the request to the reply, inside one transaction of its ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.engine.payments.sandbox.calls import Call, last_answer, record_call, store_answer
from console.engine.payments.sandbox.charges import UNANSWERED, Charge, judge, refusal, success
from console.engine.payments.sandbox.ledger import (
    add_charge,
    change_charge,
    hold_charge,
    new_charge,
    read_charge,
)
from console.engine.payments.sandbox.tokens import (
    SERVER_ERROR,
    SILENCE,
    Behaviour,
    behaviour_of,
    token_problem,
)


@dataclass(frozen=True)
class Reply:
    """What the caller gets once the ledger has committed: an answer after a delay, or silence and its reason."""

    answer: GatewayAnswer | None = None
    silence: str | None = None
    delay_seconds: float = 0.0


def carry_out(connection: Connection, request: GatewayRequest) -> Reply:
    """Do one operation unless its key has done it before. Caller commits, then gives the reply."""
    call = record_call(connection, request)
    if call is None:
        return Reply(refusal(request, "idempotency_key_reused"))
    if call.answer is not None:
        return Reply(call.answer)
    if request.kind is OperationKind.AUTHORIZE:
        return _open_payment(connection, request, call=call)
    charge = hold_charge(connection, request)
    if charge is None:
        return _refuse(connection, request, "no_such_authorization")
    return _act(connection, request, call=call, charge=charge)


def look_up(connection: Connection, reference: str, *, kind: OperationKind) -> Reply:
    """Tell what became of an operation: what the payment shows, else what was answered last."""
    charge = read_charge(connection, reference)
    if charge is not None and behaviour_of(charge.token).is_silent:
        return Reply(silence=SILENCE)
    if charge is not None and charge.done(kind):
        return Reply(success(charge, charge.done(kind)))
    return Reply(last_answer(connection, reference, kind=kind))


def _open_payment(connection: Connection, request: GatewayRequest, *, call: Call) -> Reply:
    problem = token_problem(request.token)
    if problem or request.token is None:
        return _refuse(connection, request, problem or "invalid_token")
    charge = new_charge(request, token=request.token)
    if behaviour_of(request.token).is_silent and call.attempts == 1:
        add_charge(connection, replace(charge, status=UNANSWERED))  # so that `find` knows to be silent too
    return _act(connection, request, call=call, charge=charge)


def _act(connection: Connection, request: GatewayRequest, *, call: Call, charge: Charge) -> Reply:
    """Do one operation on a payment in its token's manner; the answer is stored even if it gets lost."""
    behaviour = behaviour_of(charge.token)
    silence = _silence_before(behaviour, request.kind, attempts=call.attempts)
    if silence:
        return Reply(silence=silence)
    manner = behaviour.manner(request.kind)
    verdict = judge(charge, request, refused_as=manner.refusal)
    if request.kind is OperationKind.AUTHORIZE:
        add_charge(connection, verdict.charge)
    elif verdict.charge != charge:
        change_charge(connection, verdict.charge)
    store_answer(connection, request, answer=verdict.answer)
    if call.attempts == 1 and manner.first_answer_lost:
        return Reply(silence=manner.first_answer_lost)
    return Reply(verdict.answer, delay_seconds=manner.delay_seconds)


def _silence_before(behaviour: Behaviour, kind: OperationKind, *, attempts: int) -> str | None:
    """Tell why this call is not even tried, if it is not."""
    if behaviour.is_silent:
        return SILENCE
    return SERVER_ERROR if attempts <= behaviour.manner(kind).errors_before else None


def _refuse(connection: Connection, request: GatewayRequest, code: str) -> Reply:
    answer = refusal(request, code)
    store_answer(connection, request, answer=answer)
    return Reply(answer)
