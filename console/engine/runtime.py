"""What the engine is told by its surroundings: a few settings and the gateway, tied to a database.

The verbs get a session only. Whoever makes the database says once with `attach` how checkouts on it are run; every
session on that database then knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.payments.gateway import PaymentGateway

_OPTION = "checkout_runtime"
LEASE_MARGIN_SECONDS = 20.0


def unsigned_return_url(reference: str) -> str:
    """Name a checkout in an address on this machine, where no shop has an address of its own."""
    return f"http://127.0.0.1:8000/checkout/return?checkout={reference}"


@dataclass(frozen=True)
class CheckoutConfig:
    """The settings that the engine needs; see `console.settings` for what each means.

    `return_url` makes the address where a shopper comes back to from their bank, out of the checkout's reference; the
    same one at every call, since it is part of a request that may be sent again.
    """

    ttl_minutes: int = 15
    max_ttl_minutes: int = 60
    reserve_on_start: bool = False
    prices_include_tax: bool = False
    price_drift_tolerance_minor: int = 1
    prevent_concurrent: bool = True
    gateway_timeout_seconds: float = 10.0
    auth_timeout_seconds: float = 300.0
    capture_timeout_seconds: float = 3600.0
    currency: str = "GBP"
    return_url: Callable[[str], str] = unsigned_return_url
    waiting_requests: int = 4

    @property
    def lease_seconds(self) -> float:
        """Tell how long a driver holds a lock before another may take it over."""
        return self.gateway_timeout_seconds + LEASE_MARGIN_SECONDS


@dataclass(frozen=True)
class Runtime:
    """How checkouts on one database are run."""

    config: CheckoutConfig
    gateway: PaymentGateway


def attach(database: Engine, *, config: CheckoutConfig, gateway: PaymentGateway) -> None:
    """Say how checkouts on this database are run."""
    database.update_execution_options(**{_OPTION: Runtime(config, gateway)})


def runtime_of(session: Session) -> Runtime:
    """Tell how checkouts on the session's database are run.

    Raises:
        LookupError: when nobody has called `attach` for that database.
    """
    bind = session.get_bind()
    runtime = bind.get_execution_options().get(_OPTION)
    if runtime is None:
        raise LookupError("console.engine.runtime.attach() was not called for this database")
    return runtime  # type: ignore[no-any-return]
