"""The rate limit that the three checkout calls share, per customer where the shop knows one, else per address.

`CHECKOUT_CUSTOMER_KEY` in the app's config may name a callable of the shop's that tells who the customer is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Response, current_app
from flask_limiter.util import get_remote_address
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from console.engine.driving.idempotency import is_finished
from console.engine.store.database import look
from console.extensions import current_settings, db
from console.limiter import ViewLimiter
from console.telemetry.traffic import RATE_LIMIT_HITS, count

CUSTOMER_KEY = "CHECKOUT_CUSTOMER_KEY"

Attempt = tuple[int | None, str | None]  # the checkout's id and the request's idempotency key
View = TypeVar("View")

log = structlog.get_logger(__name__)


def customer_key() -> str:
    """Tell whose calls are counted together."""
    tell_customer: Callable[[], str | None] | None = current_app.config.get(CUSTOMER_KEY)
    customer = tell_customer() if tell_customer else None
    return f"customer:{customer}" if customer else f"address:{get_remote_address()}"


# A limiter of its own: the other one's headers would put its Retry-After in the place of a refusal's.
# Of the requests that lose Redis at once one switches to memory; the errors of the others are logged, not answered.
checkout_limiter = ViewLimiter(customer_key, headers_enabled=False, swallow_errors=True)


def no_attempt() -> Attempt:
    """Say that the request repeats none."""
    return None, None


def limited(
    call: Callable[[], str], *, attempt: Callable[[], Attempt] = no_attempt, is_try: Callable[[], bool] = lambda: True
) -> Callable[[Callable[..., View]], Callable[..., View]]:
    """Count a view's requests as those of a checkout call: `call` tells which, `start`, `process` or `resume`.

    `attempt` tells which one the request makes, so that a repeated one is not counted; nor is one of which `is_try`
    says that it is none, such as a form with a mistake in it. Without a limit in the settings nothing is asked.
    """

    def limit() -> str:
        own = _own_limit(call())
        return str(current_settings().checkout_rate_limit if own is None else own)

    def bucket(_endpoint: str) -> str:
        return "checkout" if _own_limit(call()) is None else f"checkout-{call()}"

    def cost() -> int:
        return 1 if is_try() and not _is_replay(call(), attempt()) else 0

    def limit_view(view: Callable[..., View]) -> Callable[..., View]:
        counted = checkout_limiter.shared_limit(limit, bucket, cost=cost)(view)

        @wraps(view)
        def served(*arguments: Any, **named: Any) -> View:
            return counted(*arguments, **named) if limit() else view(*arguments, **named)

        return served

    return limit_view


def _own_limit(call: str) -> str | None:
    own: str | None = getattr(current_settings(), f"checkout_rate_limit_{call}")
    return own


def _is_replay(call: str, attempt: Attempt) -> bool:
    """Tell whether the request repeats a finished one, by its idempotency key; without one nothing is read."""
    lock_id, key = attempt
    if not key or lock_id is None:
        return False
    try:
        return look(db.session(), lambda reader: is_finished(reader, lock_id, call=call, key=key))
    except SQLAlchemyError:  # the call itself is going to say so; to the limiter it would look like its own storage
        log.warning("replay_unknown", call=call, exc_info=True)
        return False


def tell_limit(response: Response) -> Response:
    """Say in the headers what is left of the limit that was counted against, if one was."""
    counted = checkout_limiter.current_limit
    if counted is None:
        return response
    try:
        remaining, reset_at = counted.remaining, counted.reset_at
    except RedisError:  # gone since the request was counted
        log.warning("limit_untold", exc_info=True)
        return response
    response.headers["X-RateLimit-Limit"] = str(counted.limit.amount)
    response.headers["X-RateLimit-Remaining"] = str(remaining)
    response.headers["X-RateLimit-Reset"] = str(reset_at)
    if counted.breached:
        count(RATE_LIMIT_HITS)
        response.headers["Retry-After"] = str(max(1, reset_at - int(time.time())))
    return response
