"""The kit for shops: keeps their own pages off a cart that is being bought, and shows how its checkout stands.

`CHECKOUT_CURRENT_CART` in the app's config names a callable that tells the request's cart; the storefront sets its own
where the shop sets none. Whatever the kit does, the engine refuses to change a held cart by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from wtforms import Field, Form, ValidationError  # type: ignore[import-untyped]

from console.engine.driving.locks import is_due, normalise_reference
from console.engine.errors import CartLocked, NotFound
from console.engine.machine import STATE_NAMES, State
from console.engine.store.database import load, look
from console.engine.store.tables import carts, locks
from console.extensions import current_settings, db
from console.models import CheckoutLock
from console.web.shared.checkout_status import answer_status, find_facts
from console.web.shared.ownership import owns

CURRENT_CART = "CHECKOUT_CURRENT_CART"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
NO_STATUS = {
    "locked": False,
    "can_checkout": False,
    "can_resume": False,
    "lock_id": None,
    "reference": None,
    "state": None,
    "state_name": None,
    "phase": None,
    "expires_at": None,
    "message": "There is no cart yet.",
    "next_action": None,
}

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class CurrentCart:
    """The cart that a request is about, and the session that asks.

    With a `token_hash` the cart counts only under that token; without one the shop answers for whose cart it is.
    """

    id: int
    session_id: str
    token_hash: str | None = None


def register(app: Flask) -> None:
    """Give an app's templates the kit, as globals and as filters."""
    offered = (is_cart_locked, get_active_lock, get_status, format_duration, get_state_name, can_resume)
    app.jinja_env.globals.update({each.__name__: each for each in offered})
    app.jinja_env.filters.update({each.__name__: each for each in (format_duration, get_state_name, can_resume)})


def current_cart() -> CurrentCart | None:
    """Tell the request's cart, by the shop's own callable."""
    tell: Callable[[], CurrentCart | None] | None = current_app.config.get(CURRENT_CART)
    return tell() if tell else None


def get_status() -> dict[str, Any]:
    """Tell how the buying of the current cart stands, under the names of the API's `checkout-status`. Reads only."""
    cart = current_cart()
    if cart is None:
        return dict(NO_STATUS)
    try:
        facts = find_facts(cart.id, token_hash=cart.token_hash)
    except NotFound:
        return dict(NO_STATUS)
    return answer_status(facts, session_id=cart.session_id).model_dump()


def is_cart_locked() -> bool:
    """Tell whether a checkout holds the current cart, this session's or another's."""
    return bool(get_status()["locked"])


def get_active_lock() -> CheckoutLock | None:
    """Find the checkout that holds the current cart and is not due; None without one. Reads only."""
    cart = current_cart()
    if cart is None:
        return None
    query = select(CheckoutLock).join(carts, carts.c.lock_id == locks.c.id).where(carts.c.id == cart.id, ~is_due())
    if cart.token_hash is not None:
        query = query.where(carts.c.token_hash == cart.token_hash)
    try:
        return load(db.session(), query)
    except NoResultFound:
        return None


def can_resume(lock: CheckoutLock) -> bool:
    """Tell whether the current session may go on with a checkout: it is live, its own, and not due. Reads only."""
    cart = current_cart()
    if cart is None or lock.cart_id != cart.id or not owns(lock, session_id=cart.session_id):
        return False
    query = select(locks.c.id).where(locks.c.id == lock.id, locks.c.holds_cart, ~is_due())
    return look(db.session(), lambda reader: reader.scalar(query)) is not None


def format_duration(lock: Any) -> str:
    """Write how long a checkout took, or has taken so far: `2m 30s`."""
    end = lock.completed_at or lock.failed_at or datetime.now(UTC)
    return format_seconds((end - lock.locked_at).total_seconds())


def format_seconds(seconds: float) -> str:
    """Write a length of time: `45s`, `2m 30s`, `1h 5m`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"


def get_state_name(state: str) -> str:
    """Give the display name of a state."""
    return STATE_NAMES[State(state)]


def protect_cart(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Refuse a view while a checkout holds the current cart: 423.

    Raises:
        CartLocked: by the view, before it runs.
    """

    @wraps(view)
    def protected(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        require_free_cart()
        return view(*args, **kwargs)

    return protected


class ChecksCheckoutLock:
    """A mixin of class-based views, before `View` or `MethodView`: 423 to what changes a cart that is being bought."""

    checked_methods: Collection[str] = CHANGING

    def dispatch_request(self, **arguments: Any) -> ResponseReturnValue:
        """Run the view, unless it would change a held cart.

        Raises:
            CartLocked: when it would.
        """
        if request.method in self.checked_methods:
            require_free_cart()
        answer: ResponseReturnValue = super().dispatch_request(**arguments)  # type: ignore[misc]
        return answer


def require_free_cart() -> None:
    """Refuse to go on while a checkout holds the current cart, where `CHECKOUT_ENABLE_CART_PROTECTION` is on.

    Raises:
        CartLocked: when one does.
    """
    if not current_settings().checkout_enable_cart_protection:
        return
    status = get_status()
    if status["locked"]:
        facts = {name: status[name] for name in ("lock_id", "reference", "state")}
        raise CartLocked("This cart is being bought and cannot be changed.", **facts)


class CheckoutLockValid:
    """A validator for a field that names a checkout, by id or reference: it must be one this session can go on with."""

    def __init__(self, message: str = "This checkout is over, or it is not yours.") -> None:
        self.message = message

    def __call__(self, form: Form, field: Field) -> None:
        """Check a field.

        Raises:
            ValidationError: when the current session has no such live checkout.
        """
        named, status = str(field.data or ""), get_status()
        is_named = named == str(status["lock_id"]) or normalise_reference(named) == status["reference"]
        if not (is_named and status["can_resume"]):
            raise ValidationError(self.message)
