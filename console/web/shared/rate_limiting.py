"""The rate limit that the three checkout calls share, per customer where the shop knows one, else per address.

`CHECKOUT_CUSTOMER_KEY` in the app's config may name a callable of the shop's that tells who the customer is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Response, current_app, g
from flask_limiter.util import get_remote_address
from redis.exceptions import RedisError

from console.engine.driving.idempotency import is_finished
from console.engine.errors import DatabaseTrouble
from console.engine.store.database import look
from console.extensions import ViewLimiter, current_settings, db
from console.telemetry.traffic import RATE_LIMIT_HITS, count

CUSTOMER_KEY = "CHECKOUT_CUSTOMER_KEY"

Attempt = tuple[int | None, str | None]  # the checkout's id and the request's idempotency key
View = TypeVar("View")

log = structlog.get_logger(__name__)


_tellers: list[Callable[[], str | None]] = []


def tell_customer(teller: Callable[[], str | None]) -> None:
    """Have somebody of ours tell whose calls are counted together, where they know (None where not)."""
    _tellers.append(teller)


@dataclass(frozen=True)
class _Counting:
    """What the limiter needs for one request, found out before it is asked.

    Whatever its callables raised it would take for a fault of its own storage, and count in memory from then on.
    """

    limit: str
    bucket: str
    customer: str
    cost: int


def _counting() -> _Counting:
    found: _Counting = g.checkout_counting
    return found


def customer_key() -> str:
    """Tell whose calls are counted together."""
    for teller in _tellers:
        if known := teller():
            return known
    shops_own: Callable[[], str | None] | None = current_app.config.get(CUSTOMER_KEY)
    customer = shops_own() if shops_own else None
    return f"customer:{customer}" if customer else f"address:{get_remote_address()}"


# A limiter of its own: the other one's headers would put its Retry-After in the place of a refusal's.
# Of the requests that lose Redis at once one switches to memory; the errors of the others are logged, not answered.
checkout_limiter = ViewLimiter(lambda: _counting().customer, headers_enabled=False, swallow_errors=True)


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

    def limit_view(view: Callable[..., View]) -> Callable[..., View]:
        counted = checkout_limiter.shared_limit(
            lambda: _counting().limit, lambda _endpoint: _counting().bucket, cost=lambda: _counting().cost
        )(view)

        @wraps(view)
        def served(*arguments: Any, **named: Any) -> View:
            limit, bucket = _limit_of(call())
            if not limit:
                return view(*arguments, **named)
            cost = 1 if is_try() and not _is_replay(call(), attempt()) else 0
            g.checkout_counting = _Counting(limit, bucket, customer_key(), cost)
            return counted(*arguments, **named)

        return served

    return limit_view


def _limit_of(call: str) -> tuple[str, str]:
    """Tell a call's limit and the bucket it is counted in: its own, or the one that the calls share."""
    own: str | None = getattr(current_settings(), f"checkout_rate_limit_{call}")
    return (current_settings().checkout_rate_limit, "checkout") if own is None else (own, f"checkout-{call}")


def _is_replay(call: str, attempt: Attempt) -> bool:
    """Tell whether the request repeats a finished one, by its idempotency key; without one nothing is read."""
    lock_id, key = attempt
    if not key or lock_id is None:
        return False
    try:
        return look(db.session(), lambda reader: is_finished(reader, lock_id, call=call, key=key))
    except DatabaseTrouble:  # the call itself is going to say so; it is counted
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
