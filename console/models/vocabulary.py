"""The words of a checkout as the database stores them: one enum a column, lower-case."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a checkout is. Four of them are only ever read in the history, never in `checkout_locks.state`."""

    PENDING = "pending"
    VALIDATING = "validating"
    RESERVING = "reserving"
    LOCKING_PRICES = "locking_prices"
    AUTHORIZING = "authorizing"
    CREATING_ORDER = "creating_order"
    CAPTURING = "capturing"
    COMMITTING = "committing"
    COMPLETED = "completed"
    ROLLING_BACK = "rolling_back"
    FAILED = "failed"


class Phase(StrEnum):
    """One of the seven steps of a checkout, in their order."""

    CART_VALIDATION = "cart_validation"
    INVENTORY_RESERVATION = "inventory_reservation"
    PRICE_LOCK = "price_lock"
    PAYMENT_AUTHORIZATION = "payment_authorization"
    ORDER_CREATION = "order_creation"
    PAYMENT_CAPTURE = "payment_capture"
    STOCK_COMMIT = "stock_commit"


class Outcome(StrEnum):
    """Why a checkout that was not completed ended."""

    DECLINED = "declined"
    OUT_OF_STOCK = "out_of_stock"
    INVALID_CART = "invalid_cart"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RELEASED = "released"
    ERROR = "error"


class StepStatus(StrEnum):
    """How one phase of one checkout went, forwards or on the way back."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"


class OperationKind(StrEnum):
    """What the gateway is asked to do; at most one of each per checkout."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"

    @property
    def noun(self) -> str:
        """Name it as people do: the authorization, the capture, the void, the refund."""
        return "authorization" if self is OperationKind.AUTHORIZE else self.value


class OperationStatus(StrEnum):
    """What is known of an operation, in rising order: a fact only ever rises."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    REFUSED = "refused"
    SUCCEEDED = "succeeded"

    @property
    def rank(self) -> int:
        """Tell how much is known: the place in the rising order."""
        return list(OperationStatus).index(self)

    @property
    def is_resolved(self) -> bool:
        """Tell whether the gateway's last word is in."""
        return self in (OperationStatus.REFUSED, OperationStatus.SUCCEEDED)


class ReservationStatus(StrEnum):
    """What became of a piece of stock that a checkout took; pinned means past the point of no return."""

    HELD = "held"
    PINNED = "pinned"
    COMMITTED = "committed"
    RELEASED = "released"


class CartStatus(StrEnum):
    """A cart is open until it is bought."""

    OPEN = "open"
    ORDERED = "ordered"


class OrderStatus(StrEnum):
    """An order is pending until its capture succeeded; it is cancelled, never deleted, when the checkout goes back."""

    PENDING = "pending"
    PAID = "paid"
    CANCELLED = "cancelled"


class RedemptionStatus(StrEnum):
    """A coupon use is held by a lock, then final or returned."""

    HELD = "held"
    FINAL = "final"
    RETURNED = "returned"


class MovementKind(StrEnum):
    """Why stock on hand changed."""

    RECEIPT = "receipt"
    SALE = "sale"
    CORRECTION = "correction"


class CouponKind(StrEnum):
    """How a coupon's value is read: as percent, or as an amount in minor units."""

    PERCENT = "percent"
    FIXED = "fixed"


class Role(StrEnum):
    """What a console user or an API token may do; each includes the one before."""

    VIEWER = "viewer"
    SUPPORT = "support"
    ADMIN = "admin"


class TokenRole(StrEnum):
    """What an API token is for: a role in the console, or `shop`, which is none of these and includes none."""

    VIEWER = Role.VIEWER
    SUPPORT = Role.SUPPORT
    ADMIN = Role.ADMIN
    SHOP = "shop"
