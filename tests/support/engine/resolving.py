"""Operations that a human is to end, and their words about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from console.engine import resolve
from console.models import CheckoutLock, PaymentOperation
from console.testing.factories import Shop
from console.testing.scripted import ScriptedGateway, refuse, stay_silent
from tests.support.engine.facts import statuses
from tests.support.engine.purchases import pay
from tests.support.engine.rows import read_one

SILENT = [stay_silent] * 4


def in_doubt(session: Session, shop: Shop, bank: ScriptedGateway, kind: str) -> CheckoutLock:
    """Give a checkout whose operation of this kind nobody knows the end of; the gateway knows nothing of it."""
    if kind in ("void", "refund"):
        bank.script("capture", refuse("card_declined"))
    bank.script(
        "void" if kind == "refund" else kind, *(SILENT[:3] if kind != "refund" else [refuse("already_captured")])
    )
    bank.script(kind, *(SILENT[:3] if kind == "refund" else []))
    lock = pay(session, shop)
    assert statuses(session)[kind] == "unknown"
    return lock


def say(session: Session, kind: str, *, happened: bool, **details: Any) -> CheckoutLock:
    operation = read_one(session, PaymentOperation, kind=kind)
    given = {"actor": "ada", "reason": "seen at the gateway"} | details
    return resolve(session, operation, happened=happened, **given)
