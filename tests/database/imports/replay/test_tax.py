"""A week of invoices with value added tax adds up to the penny on every order, whichever way prices are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.imports.replay import read_week
from console.imports.replay.buying import buy
from console.models import Order, OrderLine, PriceSnapshot
from console.testing.factories import Shop
from tests.support.engine.merchant import add, vat
from tests.support.engine.rows import read
from tests.support.invoices import GOODS_INVOICES, SKUS, Week, write_week

BOUGHT = GOODS_INVOICES // 2


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def buy_week(session: Session, shop: Shop, week: Week) -> dict[str, str]:
    """Buy the latter half of the invoices, the odd ones among them; give where each goes."""
    for sku in SKUS:
        shop.sell(sku, stock=10_000)
    add(session, vat())
    invoices = read_week(week.invoices).invoices[-BOUGHT:]
    for invoice in invoices:
        buy(session, invoice)
    return {invoice.number: invoice.country for invoice in invoices}


def line_totals(session: Session, order: Order) -> list[int]:
    return [line.total for line in read(session, OrderLine, order_id=order.id)]


@pytest.fixture
def week(tmp_path: Path) -> Week:
    return write_week(tmp_path)


def test_tax_on_top_adds_up_on_every_order(session: Session, shop: Shop, week: Week) -> None:
    countries = buy_week(session, shop, week)

    orders = read(session, Order)

    assert len(orders) == BOUGHT
    for order in orders:
        goods = week.sums[order.external_reference]
        tax = half_up(goods, 5) if countries[order.external_reference] == "GB" else 0
        assert (order.sub_total, order.tax_total, order.total) == (goods, tax, goods + tax)
        assert sum(line_totals(session, order)) == goods + tax
    assert any(order.sub_total % 5 for order in orders if order.tax_total)  # something was rounded
    assert check_all(session) == []


def test_an_included_tax_is_told_on_every_order_and_changes_none(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway, week: Week
) -> None:
    attach(database, config=CheckoutConfig(prices_include_tax=True), gateway=gateway)
    countries = buy_week(session, shop, week)

    orders = read(session, Order)

    assert len(orders) == BOUGHT
    for order in orders:
        goods = week.sums[order.external_reference]
        tax = half_up(goods, 6) if countries[order.external_reference] == "GB" else 0
        whole, *lines = read(session, PriceSnapshot, checkout_lock_id=order.lock_id)
        assert (order.sub_total, order.tax_total, order.total) == (goods, 0, goods)
        assert sum(told["amount"] for told in whole.tax_breakdown) == tax
        assert sum(told["amount"] for line in lines for told in line.tax_breakdown) == tax
        assert sum(line_totals(session, order)) == goods
    assert check_all(session) == []
