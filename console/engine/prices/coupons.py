"""Coupons: which one a cart has, whether it is valid, and the one use a checkout takes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from console.engine.errors import invalid_cart
from console.engine.prices.money import convert
from console.engine.prices.rates import exchange_rate
from console.engine.prices.totals import Discount
from console.engine.runtime import runtime_of
from console.engine.store.tables import coupon_redemptions, coupon_variants, coupons
from console.models.folding import lowered
from console.models.types import clock
from console.models.vocabulary import CouponKind, RedemptionStatus


def find_usable(
    session: Session, cart: Row[Any], *, lines: Sequence[Row[Any]], sub_total: int
) -> tuple[Row[Any] | None, set[int] | None, str | None]:
    """Find a cart's coupon and the variants it is limited to (None: all of them), or why it cannot be used.

    `sub_total` is the cart's before discount, in minor units of its currency. Reads only.
    """
    if not cart.coupon_code:
        return None, None, None
    coupon = _find_coupon(session, cart.coupon_code)
    problem = _why_not_valid(coupon, code=cart.coupon_code, currency=cart.currency_code)
    if coupon is None or problem:
        return None, None, problem
    if not _reaches_minimum(session, coupon, sub_total, cart.currency_code):
        return None, None, f"The coupon {coupon.code} needs a larger cart."
    limited_to = _discountable_variants(session, coupon)
    if limited_to is not None and limited_to.isdisjoint(line.variant_id for line in lines):
        return None, None, f"The coupon {coupon.code} is for other products."
    return coupon, limited_to, None


def _reaches_minimum(session: Session, coupon: Row[Any], sub_total: int, currency: str) -> bool:
    """Tell whether a cart is large enough for a coupon, whose minimum is in its own currency or in the shop's."""
    if not coupon.minimum_amount:
        return True
    base = coupon.currency_code or runtime_of(session).config.currency
    rate = exchange_rate(session, base=base, quote=currency)
    return rate is not None and sub_total >= convert(coupon.minimum_amount, rate=rate, base=base, quote=currency)


def _find_coupon(session: Session, code: str) -> Row[Any] | None:
    """Find a coupon by its code, in any case of its letters, with `is_valid_now` by the database's clock.

    The exact code comes first.
    """
    return session.execute(coupon_query(code)).one_or_none()


def coupon_query(code: str) -> Select[Any]:
    """Build the query for a coupon by its code; an index on `lower(code)` answers it."""
    started = or_(coupons.c.valid_from.is_(None), coupons.c.valid_from <= clock())
    running = or_(coupons.c.valid_until.is_(None), coupons.c.valid_until > clock())
    is_valid_now = (coupons.c.active & started & running).label("is_valid_now")
    query = select(coupons, is_valid_now).where(lowered(coupons.c.code) == lowered(literal(code)))
    return query.order_by(coupons.c.code != code, coupons.c.id).limit(1)


def _discountable_variants(session: Session, coupon: Row[Any]) -> set[int] | None:
    """Tell the variants a coupon is limited to; None is all of them."""
    query = select(coupon_variants.c.variant_id).where(coupon_variants.c.coupon_id == coupon.id)
    return set(session.scalars(query)) or None


def _why_not_valid(coupon: Row[Any] | None, *, code: str, currency: str) -> str | None:
    """Tell why a coupon cannot be used now on a cart in this currency, whatever is in it; None when it can."""
    if coupon is None:
        return f"There is no coupon {code}."
    if not coupon.is_valid_now:
        return f"The coupon {coupon.code} is not valid now."
    if coupon.max_uses is not None and coupon.uses >= coupon.max_uses:
        return f"The coupon {coupon.code} is used up."
    if coupon.currency_code is not None and coupon.currency_code != currency:
        return f"The coupon {coupon.code} is for carts in {coupon.currency_code}."
    return None


def as_discount(coupon: Row[Any]) -> Discount:
    """Turn a coupon into the discount it gives."""
    if coupon.kind == CouponKind.PERCENT:
        return Discount(coupon.code, coupon.name, percent=coupon.value)
    return Discount(coupon.code, coupon.name, amount=int(coupon.value))


def take_use(session: Session, lock: Row[Any], coupon: Row[Any]) -> None:
    """Take one use of a coupon for a checkout; the last one goes to one cart. Caller commits.

    Raises:
        InvalidCart: when it was used up meanwhile, or by this cart.
    """
    free = or_(coupons.c.max_uses.is_(None), coupons.c.uses < coupons.c.max_uses)
    taken = update(coupons).where(coupons.c.id == coupon.id, coupons.c.active, free)
    if session.execute(taken.values(uses=coupons.c.uses + 1)).rowcount != 1:  # type: ignore[attr-defined]
        raise invalid_cart([("coupon", f"The coupon {coupon.code} is used up.")])
    if coupon.max_uses_per_cart is not None and _uses_by_cart(session, lock, coupon) >= coupon.max_uses_per_cart:
        raise invalid_cart([("coupon", f"The coupon {coupon.code} was used on this cart already.")])
    row = {"coupon_id": coupon.id, "lock_id": lock.id, "cart_id": lock.cart_id}
    session.execute(insert(coupon_redemptions).values(**row, status=RedemptionStatus.HELD))


def _uses_by_cart(session: Session, lock: Row[Any], coupon: Row[Any]) -> int:
    query = select(func.count()).where(
        coupon_redemptions.c.coupon_id == coupon.id,
        coupon_redemptions.c.cart_id == lock.cart_id,
        coupon_redemptions.c.status != RedemptionStatus.RETURNED,
    )
    return session.execute(query).scalar_one()


def return_use(session: Session, lock_id: int) -> bool:
    """Give the use back that a checkout holds; tell whether there was one. Caller commits."""
    coupon_id = _resolve(session, lock_id, RedemptionStatus.RETURNED)
    if coupon_id is None:
        return False
    session.execute(update(coupons).where(coupons.c.id == coupon_id).values(uses=coupons.c.uses - 1))
    return True


def keep_use(session: Session, lock_id: int) -> None:
    """Make the use that a checkout holds final. Caller commits."""
    _resolve(session, lock_id, RedemptionStatus.FINAL)


def _resolve(session: Session, lock_id: int, status: RedemptionStatus) -> int | None:
    held = update(coupon_redemptions).where(
        coupon_redemptions.c.lock_id == lock_id, coupon_redemptions.c.status == RedemptionStatus.HELD
    )
    return session.execute(held.values(status=status).returning(coupon_redemptions.c.coupon_id)).scalar_one_or_none()
