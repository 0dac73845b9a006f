"""What is known of the shopper's money, from the payment operations: charged, reserved, given back, or not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.casebook.claims import MoneyClaim
from console.engine.machine import OperationKind, OperationStatus
from console.wording import money

_NOTHING = "The shopper has been charged nothing"


def claim_money(known: Mapping[str, Any]) -> MoneyClaim:
    """Say what is known of the shopper's money, from the operations by kind."""
    authorize, capture = known.get(OperationKind.AUTHORIZE), known.get(OperationKind.CAPTURE)
    asked = capture if authorize is None else authorize
    if asked is None:
        return MoneyClaim("No payment was asked for: the shopper has been charged nothing.", 0, 0)
    if not asked.amount:
        return MoneyClaim("There was nothing to pay.", 0, 0, asked.currency)
    if capture is not None and capture.status == OperationStatus.SUCCEEDED:
        return _charged(capture, known)
    if capture is not None and not OperationStatus(capture.status).is_resolved:
        amount = money(capture.amount, capture.currency)
        return MoneyClaim(f"Whether the shopper was charged {amount} is not known yet.", None, None, capture.currency)
    if authorize is None:
        nothing, facts = _nothing(capture)
        return MoneyClaim(f"{nothing}.", 0, 0, asked.currency, **facts)
    return _reserved(authorize, known)


def _charged(capture: Any, known: Mapping[str, Any]) -> MoneyClaim:
    told, currency = f"The shopper was charged {money(capture.amount, capture.currency)}", capture.currency
    refund = known.get(OperationKind.REFUND)
    if refund is not None and refund.status == OperationStatus.SUCCEEDED:
        by = refund.resolved_by
        return MoneyClaim(f"{told} and has all of it back{_says(by)}.", 0, 0, currency, said_by=by)
    if refund is not None and not OperationStatus(refund.status).is_resolved:
        return MoneyClaim(f"{told}; whether they have it back is not known yet.", None, 0, currency)
    by = capture.resolved_by or (refund.resolved_by if refund is not None else None)
    return MoneyClaim(f"{told}{_says(by)}.", capture.amount, 0, currency, said_by=by)


def _reserved(authorize: Any, known: Mapping[str, Any]) -> MoneyClaim:
    """Say what is known of money that was not taken; after a refused capture that rests on the gateway's word."""
    amount, currency = money(authorize.amount, authorize.currency), authorize.currency
    capture, void = known.get(OperationKind.CAPTURE), known.get(OperationKind.VOID)
    nothing, facts = _nothing(capture)
    if authorize.status in (OperationStatus.REFUSED, OperationStatus.WAITING):
        by = facts["said_by"] or authorize.resolved_by
        is_final = authorize.status == OperationStatus.REFUSED
        said = nothing if facts["said_by"] else f"{nothing}{_says(by)}"
        return MoneyClaim(f"{said}.", 0, 0 if is_final else None, currency, facts["is_hearsay"] or is_final, said_by=by)
    if authorize.status != OperationStatus.SUCCEEDED:
        unknown = f"Whether {amount} are reserved is not known; the shopper has been charged nothing we know of."
        return MoneyClaim(unknown, 0, None, currency, is_hearsay=True)
    nothing = nothing[0].lower() + nothing[1:]
    if void is None:
        told = f"{amount} are reserved at the gateway{_says(authorize.resolved_by)}; {nothing}."
        by = facts["said_by"] or authorize.resolved_by
        return MoneyClaim(told, 0, authorize.amount, currency, facts["is_hearsay"], said_by=by)
    return _voided(authorize, void, nothing, facts)


def _voided(authorize: Any, void: Any, nothing: str, facts: Mapping[str, Any]) -> MoneyClaim:
    amount, currency = money(authorize.amount, authorize.currency), authorize.currency
    if void.status == OperationStatus.SUCCEEDED:
        by = facts["said_by"] or void.resolved_by
        told = f"The {amount} that were reserved are free again{_says(void.resolved_by)}: {nothing}."
        return MoneyClaim(told, 0, 0, currency, facts["is_hearsay"], said_by=by)
    if void.status == OperationStatus.REFUSED:
        told = f"{amount} stay reserved at the gateway{_says(void.resolved_by)}; {nothing}."
        return MoneyClaim(
            told, 0, authorize.amount, currency, is_hearsay=True, said_by=facts["said_by"] or void.resolved_by
        )
    return MoneyClaim(
        f"Whether the {amount} are still reserved is not known yet; {nothing}.", 0, None, currency, **facts
    )


def _nothing(capture: Any | None) -> tuple[str, dict[str, Any]]:
    """Say that nothing was charged: it was never asked for, or it was refused, by the gateway or by somebody's word."""
    if capture is None:
        return _NOTHING, {"is_hearsay": False, "said_by": None}
    if capture.resolved_by is not None:
        return f"{_NOTHING}{_says(capture.resolved_by)}", {"is_hearsay": False, "said_by": capture.resolved_by}
    return f"{_NOTHING}, as far as the gateway has told us", {"is_hearsay": True, "said_by": None}


def _says(name: str | None) -> str:
    return f", says {name}" if name else ""
