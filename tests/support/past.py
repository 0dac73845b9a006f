"""The shop of a dump: who works there, what it sells, and what its workers leave; `filling` tells what is bought."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.inventory import correct_stock
from console.jobs.heartbeat import beat
from console.jobs.ticks import take_tick
from console.models import (
    ApiToken,
    CheckoutLock,
    Coupon,
    CouponVariant,
    ExchangeRate,
    OutboxEvent,
    PaymentOperation,
    ShippingMethod,
    StockLevel,
    TaxRate,
)
from console.models.types import clock
from console.people import accounts, api_tokens
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway


class Died(BaseException):
    """The process that drove the checkout is gone."""


@dataclass(frozen=True)
class Past:
    """Where it all happens."""

    shop: Shop
    bank: ScriptedGateway
    database: Engine

    @property
    def session(self) -> Session:
        """The shop's session."""
        return self.shop.session

    def start(self, *lines: tuple[str, int], **cart: Any) -> CheckoutLock:
        """Start a checkout, of a mug by default."""
        return self.shop.checkout(*lines, **cart)

    def pay(self, lock: CheckoutLock, payment: Payment = VISA, **how: Any) -> CheckoutLock:
        """Pay for it; it may be refused, or wait, and its driver may die."""
        with suppress(CheckoutError, Died):
            process(self.session, lock, payment=payment, **how)
        return lock

    def buy(self, *lines: tuple[str, int], **cart: Any) -> CheckoutLock:
        """Start a checkout and pay for it."""
        return self.pay(self.start(*lines, **cart))

    def operation(self, lock: CheckoutLock, kind: str) -> PaymentOperation:
        """Find a checkout's operation."""
        return self.session.scalars(select(PaymentOperation).filter_by(lock_id=lock.id, kind=kind)).one()


def open_shop(past: Past) -> None:
    """Employ people, set taxes, rates, shipping and coupons, and stock two warehouses."""
    session, shop = past.session, past.shop
    _employ(session)
    session.add(TaxRate(country="GB", name="VAT", rate=Decimal("0.2")))
    session.add(ExchangeRate(base_currency="GBP", quote_currency="EUR", rate=Decimal("1.17")))
    uk = {"country": "GB", "currency_code": "GBP", "price": 395, "free_above": 5000, "tax_class": "standard"}
    session.add(ShippingMethod(code="uk", name="Tracked 48", **uk))
    shop.warehouse("north", priority=10)
    mug = shop.sell("MUG", price=1250, stock=60, description="Blue, 300 ml")
    shop.stock(shop.sell("PEN", price=250, stock=3), 40, warehouse="north")
    shop.sell("GIFT", price=0)
    shop.sell("RARE", price=9900, stock=1)
    terms = {"kind": "percent", "value": Decimal("12.5"), "max_uses": 50, "max_uses_per_cart": 1}
    terms |= {"minimum_amount": 1000, "valid_from": clock(-86_400), "valid_until": clock(30 * 86_400)}
    coupon = Coupon(code="MUGS", name="An eighth off mugs", **terms)
    session.add_all([coupon, Coupon(code="TWO", name="£2 off", kind="fixed", value=Decimal(200), currency_code="GBP")])
    session.flush()
    session.add(CouponVariant(coupon_id=coupon.id, variant_id=mug.id))
    session.commit()


def _employ(session: Session) -> None:
    for name, role in (("ada", "admin"), ("sam", "support"), ("vic", "viewer")):
        user = accounts.create_user(session, email=f"{name}@example.org", password="correct horse", role=role)
        if role != "viewer":
            accounts.note_sign_in(session, user.id)
    accounts.disable_user(session, email="vic@example.org", actor="ada@example.org")
    for name, role in (("erp", "support"), ("till", "admin"), ("board", "viewer"), ("basket", "shop")):
        token = api_tokens.create_token(session, name=name, role=role, actor="ada@example.org")
        session.commit()
        api_tokens.recognise(session, token)
    session.execute(update(ApiToken).where(ApiToken.name == "till").values(revoked_at=clock()))
    session.commit()


def keep_house(past: Past) -> None:
    """Count the stock, and leave what workers leave: beats, ticks, an event that failed, one whose worker died."""
    levels = past.session.scalars(select(StockLevel.id).order_by(StockLevel.id)).all()
    correct_stock(past.session, levels[0], change=-2, note="broken")
    past.session.commit()
    for worker in ("shop-1:4711:0f3a", "shop-2:4711:91bc"):
        beat(past.session, worker)
    for job, seconds in (("sweep", 60), ("reconcile", 3600)):
        take_tick(past.session, job, every_seconds=seconds)
    failed, died = past.session.scalars(select(OutboxEvent).filter_by(delivered_at=None).limit(2))
    failed.attempts, failed.last_error, failed.claimed_until = 1, "OSError: no route to host", clock(5)
    died.attempts, died.claimed_by, died.claimed_until = 1, "shop-1:4711:0f3a", clock(60)
    past.session.commit()
