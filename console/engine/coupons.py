"""Coupons: which one a cart has, whether it is valid, and the one use a checkout takes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.orm import Session

from console.engine.errors import invalid_cart
from console.engine.tables import coupon_redemptions, coupon_variants, coupons
from console.engine.totals import Discount
from console.models.types import clock
from console.models.vocabulary import CouponKind, RedemptionStatus


def find_coupon(session: Session, code: str | None) -> Row[Any] | None:
    """Find a coupon by its code, in any case of its letters, with `is_valid_now` by the database's clock."""
    if not code:
        return None
    started = or_(coupons.c.valid_from.is_(None), coupons.c.valid_from <= clock())
    running = or_(coupons.c.valid_until.is_(None), coupons.c.valid_until > clock())
    is_valid_now = (coupons.c.active & started & running).label("is_valid_now")
    query = select(coupons, is_valid_now).where(func.lower(coupons.c.code) == code.lower())
    return session.execute(query.limit(1)).one_or_none()


def discountable_variants(session: Session, coupon: Row[Any]) -> set[int] | None:
    """Tell the variants a coupon is limited to; None is all of them."""
    query = select(coupon_variants.c.variant_id).where(coupon_variants.c.coupon_id == coupon.id)
    return set(session.scalars(query)) or None


def why_not_valid(coupon: Row[Any] | None, *, code: str, sub_total: int, currency: str) -> str | None:
    """Tell why a coupon cannot be used on a cart of this subtotal; None when it can."""
    if coupon is None:
        return f"There is no coupon {code}."
    if not coupon.is_valid_now:
        return f"The coupon {coupon.code} is not valid now."
    if coupon.max_uses is not None and coupon.uses >= coupon.max_uses:
        return f"The coupon {coupon.code} is used up."
    if coupon.currency_code is not None and coupon.currency_code != currency:
        return f"The coupon {coupon.code} is for carts in {coupon.currency_code}."
    if coupon.minimum_amount is not None and sub_total < coupon.minimum_amount:
        return f"The coupon {coupon.code} needs a larger cart."
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
