"""The sandbox's payments as they stand in its ledger: opening, finding, changing and listing them."""

from __future__ import annotations

import secrets
from dataclasses import asdict, fields
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from console.engine.payments.gateway import GatewayRequest, LedgerEntry
from console.gateways.sandbox.charges import NEW, UNANSWERED, Charge
from console.gateways.sandbox.tables import charges


def new_charge(request: GatewayRequest, *, token: str) -> Charge:
    """Make the payment that an authorization is asked for; it is not in the ledger yet."""
    return Charge(
        provider_reference=f"sb_{secrets.token_hex(12)}",
        lock_reference=request.reference,
        token=token,
        method=request.method,
        authorized=0,
        captured=0,
        voided=0,
        refunded=0,
        currency=request.currency,
        status=NEW,
    )


def add_charge(connection: Connection, charge: Charge) -> None:
    """Write a new payment into the ledger. Caller commits."""
    now = datetime.now(UTC)
    connection.execute(_ADD, {**asdict(charge), "created_at": now, "updated_at": now})


def change_charge(connection: Connection, charge: Charge) -> None:
    """Write the payment's amounts and status as they are now. Caller commits, and holds the payment's row."""
    connection.execute(
        _CHANGE,
        {
            "payment": charge.provider_reference,
            "authorized": charge.authorized,
            "captured": charge.captured,
            "voided": charge.voided,
            "refunded": charge.refunded,
            "status": charge.status,
            "updated_at": datetime.now(UTC),
        },
    )


def hold_charge(connection: Connection, request: GatewayRequest) -> Charge | None:
    """Find the payment an operation acts on, and keep other calls off it until the caller commits.

    Goes by the authorization together with our reference, or by our reference alone, then to the latest one.
    """
    if request.authorization is None:
        found = connection.execute(_HOLD_BY_REFERENCE, {"reference": request.reference})
    else:
        found = connection.execute(
            _HOLD_BY_AUTHORIZATION,
            {"reference": request.reference, "authorization": request.authorization},
        )
    return _charge(found.one_or_none())


def hold_payment(connection: Connection, provider_reference: str) -> Charge:
    """Read a payment that is in the ledger, and keep other calls off it until the caller commits."""
    return Charge(**connection.execute(_HOLD_PAYMENT, {"provider_reference": provider_reference}).one()._mapping)


def read_charge(connection: Connection, reference: str) -> Charge | None:
    """Find the latest payment for our reference, without holding it."""
    return _charge(connection.execute(_BY_REFERENCE, {"reference": reference}).one_or_none())


def list_entries(connection: Connection, *, since: datetime | None) -> list[LedgerEntry]:
    """List the payments changed at or after `since` (all when None), oldest first."""
    query = _ENTRIES if since is None else _ENTRIES.where(charges.c.updated_at >= since)
    return [LedgerEntry(**row._mapping) for row in connection.execute(query)]


def _charge(row: Row[tuple[object, ...]] | None) -> Charge | None:
    return None if row is None else Charge(**row._mapping)


_COLUMNS = [charges.c[field.name] for field in fields(Charge)]
_ADD = insert(charges)
_CHANGE = update(charges).where(charges.c.provider_reference == bindparam("payment"))
_BY_REFERENCE = (
    select(*_COLUMNS).where(charges.c.lock_reference == bindparam("reference")).order_by(charges.c.id.desc()).limit(1)
)
_HOLD_BY_REFERENCE = _BY_REFERENCE.with_for_update()
_HOLD_BY_AUTHORIZATION = (
    select(*_COLUMNS)
    .where(
        charges.c.provider_reference == bindparam("authorization"),
        charges.c.lock_reference == bindparam("reference"),
    )
    .with_for_update()
)
_HOLD_PAYMENT = (
    select(*_COLUMNS).where(charges.c.provider_reference == bindparam("provider_reference")).with_for_update()
)
_ENTRIES = (
    select(*(charges.c[field.name] for field in fields(LedgerEntry)))
    .where(charges.c.status != UNANSWERED)
    .order_by(charges.c.id)
)
