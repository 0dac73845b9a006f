"""What can go wrong in a checkout: one tree, facts as attributes, the text built from them.

`code` is the slug that HTTP, logs and tests share; `phase` is where it happened; `context` holds the facts;
`retryable` says whether the very same call may succeed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from console.engine.machine import Outcome, Phase


class CheckoutError(Exception):
    """Any refusal of the engine."""

    code: ClassVar[str] = "checkout_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, /, *, phase: Phase | str | None = None, **context: Any) -> None:
        super().__init__(message)
        self.phase = phase
        self.context = context


class NotFound(CheckoutError):
    """There is no such cart, lock, order, variant or operation."""

    code = "not_found"


class InvalidInput(CheckoutError):
    """A value the caller gave cannot be used; `context` names it."""

    code = "invalid"


class CartLocked(CheckoutError):
    """A checkout holds the cart: it is read-only for everybody."""

    code = "cart_locked"
    retryable = True


class CartOrdered(CheckoutError):
    """The cart was bought; it changes no more."""

    code = "cart_ordered"


class CartChanged(CheckoutError):
    """The cart holds something else by now than its caller saw; `context` has the revision seen and the one now."""

    code = "cart_changed"


class CheckoutInProgress(CheckoutError):
    """Another session holds the cart with its checkout, or owns this one."""

    code = "checkout_in_progress"
    retryable = True


class InProgress(CheckoutError):
    """Another request is driving this very checkout."""

    code = "in_progress"
    retryable = True


class IdempotencyConflict(CheckoutError):
    """The idempotency key was used with another request."""

    code = "idempotency_conflict"


class Stale(CheckoutError):
    """The checkout moved on since the page was read; `context` holds the revision seen and the one now."""

    code = "stale"


class PriceChanged(CheckoutError):
    """The total is another than the shopper was shown; nothing was charged, the checkout is as before.

    `context` holds `expected` and `total`, in minor units of the cart's currency.
    """

    code = "price_changed"


class NotAllowed(CheckoutError):
    """The state of the checkout does not allow this action; the message says why and what to do instead."""

    code = "not_allowed"


class Contradicted(CheckoutError):
    """A human's word about a payment goes against what the gateway says of it, or said before: that stands."""

    code = "contradicted"


class Ended(CheckoutError):
    """The checkout was undone; `outcome` says why. The shopper's cart is intact."""

    code = "ended"
    outcome: ClassVar[Outcome] = Outcome.ERROR


class Cancelled(Ended):
    """The shopper cancelled it."""

    outcome = Outcome.CANCELLED


class Released(Ended):
    """Somebody in the console released it."""

    outcome = Outcome.RELEASED


class Expired(Ended):
    """Its time ran out."""

    code = "expired"
    outcome = Outcome.EXPIRED


class PaymentDeclined(Ended):
    """The gateway refused the authorization or the capture; nothing was charged."""

    code = "declined"
    outcome = Outcome.DECLINED


class OutOfStock(Ended):
    """There is too little stock; `context["shortages"]` lists every line that is short."""

    code = "out_of_stock"
    outcome = Outcome.OUT_OF_STOCK


class InvalidCart(Ended):
    """The cart cannot be bought as it is; `context["reasons"]` lists every reason."""

    code = "invalid_cart"
    outcome = Outcome.INVALID_CART


def invalid_cart(reasons: Sequence[tuple[str, str]]) -> InvalidCart:
    """Build the refusal of a cart from its reasons: (field, message)."""
    told = [{"field": field, "message": message} for field, message in reasons]
    return InvalidCart(" ".join(message for _, message in reasons), phase=Phase.CART_VALIDATION, reasons=told)


class InvalidWebhook(CheckoutError):
    """A webhook that the gateway did not sign, or signed too long ago, or that makes no sense."""

    code = "invalid_webhook"


class PaymentPending(CheckoutError):
    """The payment is waiting for the shopper or the gateway, or its answer was lost: the end comes later."""

    code = "payment_pending"
    retryable = True


class DatabaseTrouble(CheckoutError):
    """The database gave no answer; nothing was decided."""

    retryable = True


class DatabaseUnavailable(DatabaseTrouble):
    """The database is out of reach or would not let us through."""

    code = "database_unavailable"


class DatabaseSlow(DatabaseTrouble):
    """A statement took longer than one may, and the database stopped it; others are answered."""

    code = "database_slow"


class LostRace(Exception):
    """A conditional update missed: somebody else decided first. Look again, then decide anew."""


ENDINGS: dict[str, type[Ended]] = {
    error.outcome: error for error in (Cancelled, Released, Expired, PaymentDeclined, OutOfStock, InvalidCart, Ended)
}
