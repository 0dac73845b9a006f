"""Two hundred shoppers after ten pieces, by gunicorn's processes: exactly ten get one."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.gateways.sandbox import SandboxGateway
from console.models import Order, PaymentOperation, StockLevel
from console.testing.factories import ADDRESS, Shop
from tests.support.web.gunicorn import Answer, Server, serve

SHOPPERS = 200
PIECES = 10
WORKERS = {"sqlite": 1, "postgresql": 2}
PAYMENT = {"payment": {"method": "card", "token": "tok_visa"}}
CART = {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": [{"sku": "MUG", "quantity": 1}]}


def start_checkout(server: Server) -> tuple[int, str]:
    """Make a cart and start its checkout; give the lock's id and the cart's token."""
    cart = server.ask("POST", "/api/v1/carts", body=CART)
    authorization = f"Bearer {cart.body['token']}"
    started = server.ask("POST", f"/api/v1/carts/{cart.body['id']}/checkout", body={}, Authorization=authorization)
    assert started.status == 201, started
    return started.body["id"], authorization


def pay_at_once(server: Server, checkouts: list[tuple[int, str]]) -> list[Answer]:
    barrier = Barrier(len(checkouts))

    def pay(checkout: tuple[int, str]) -> Answer:
        lock_id, authorization = checkout
        barrier.wait(timeout=60)
        return server.ask("POST", f"/api/v1/checkouts/{lock_id}/process", body=PAYMENT, Authorization=authorization)

    with ThreadPoolExecutor(len(checkouts)) as pool:
        return list(pool.map(pay, checkouts))


def test_ten_pieces_become_ten_orders_however_many_want_them(
    shop: Shop, session: Session, database_url: str, tmp_path: Path, gateway: SandboxGateway
) -> None:
    shop.sell("MUG", price=500, stock=PIECES)
    session.close()

    with serve(database_url, tmp_path, workers=WORKERS[session.get_bind().dialect.name]) as server:
        with ThreadPoolExecutor(16) as pool:
            checkouts = list(pool.map(start_checkout, [server] * SHOPPERS))
        answers = pay_at_once(server, checkouts)

    assert Counter(answer.status for answer in answers) == {201: PIECES, 409: SHOPPERS - PIECES}
    refused = [answer.body for answer in answers if answer.status == 409]
    assert {problem["error"] for problem in refused} == {"out_of_stock"}
    assert all(problem["context"]["shortages"][0]["sku"] == "MUG" for problem in refused)
    paid = session.scalars(select(Order.number).where(Order.status == "paid")).all()
    assert sorted(paid) == sorted(answer.body["order"]["number"] for answer in answers if answer.status == 201)
    assert session.scalars(select(StockLevel.on_hand)).all() == [0]
    assert check_all(session) == []
    assert {charge.captured for charge in gateway.ledger()} == {500}
    assert {charge.provider_reference for charge in gateway.ledger()} == set(
        session.scalars(select(PaymentOperation.provider_reference).where(PaymentOperation.kind == "capture"))
    )
