"""A cart known by the shop's own number is one cart, bought once, however often it is asked for."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from console.engine import Addresses, CheckoutError, LineRequest, cancel, create_cart, process, start
from console.engine.care.invariants import check_all
from console.engine.cart.carts import as_contents
from console.engine.cart.changes import add_line
from console.engine.cart.claims import claim_cart
from console.engine.errors import CartChanged, CartOrdered, CheckoutInProgress, InvalidInput, PaymentDeclined
from console.gateways.sandbox import SandboxGateway
from console.models import Cart, CartLine, CheckoutLock, Order
from console.testing.factories import ADDRESS, VISA, Shop, make_due
from tests.support.engine.lost_commits import lose_commit
from tests.support.engine.rows import read, read_one
from tests.support.engine.worlds import World, run_together

NUMBER = "basket-4711"
DECLINED = type(VISA)("card", "tok_declined")
AT_ONCE = 25


@pytest.fixture(autouse=True)
def goods(shop: Shop) -> None:
    shop.sell("MUG", price=1000, stock=100)
    shop.sell("PEN", price=250, stock=100)


def claim(session: Session, *lines: tuple[str, int], number: str = NUMBER, **parts: Any) -> Cart:
    """Claim the basket as the shop's own code would: a mug, unless told otherwise."""
    parts = {"email": "ada@example.org", "addresses": Addresses(ADDRESS)} | parts
    requests = [LineRequest(*line) for line in lines or (("MUG", 1),)]
    return create_cart(session, shop_reference=number, lines=requests, **parts)


def buy(session: Session, *lines: tuple[str, int]) -> str:
    """Buy the basket from its claim to its order, as a double click does twice."""
    cart = claim(session, *lines)
    lock = start(session, cart, session_id="phone", cart_revision=cart.revision)
    return process(session, lock, payment=VISA, idempotency_key="pay").number


def lines_of(session: Session, cart: Cart) -> list[tuple[int, int]]:
    return [(line.variant_id, line.quantity) for line in read(session, CartLine, cart_id=cart.id)]


def test_the_same_number_means_the_same_cart(session: Session) -> None:
    first = claim(session)

    again = claim(session)

    assert (again.id, again.revision) == (first.id, first.revision)
    assert len(read(session, Cart)) == 1


def test_a_basket_bought_twice_is_charged_once(session: Session, gateway: SandboxGateway) -> None:
    number = buy(session)

    with pytest.raises(CartOrdered) as refusal:
        buy(session)

    order = read_one(session, Order)
    assert (order.number, order.shop_reference) == (number, NUMBER)
    lock = read_one(session, CheckoutLock)
    assert refusal.value.context == {
        "cart_id": order.cart_id,
        "lock_id": lock.id,
        "reference": lock.reference,
        "order_number": number,
    }
    assert len(gateway.ledger()) == 1


def test_a_free_cart_holds_what_was_claimed_last_as_a_whole(session: Session) -> None:
    first = claim(session, ("MUG", 2), coupon_code="TEN", external_reference="note")

    cart = claim(session, ("PEN", 3), email="grace@example.org")

    assert cart.id == first.id
    assert cart.revision > 0
    assert (cart.email, cart.coupon_code, cart.external_reference) == ("grace@example.org", None, None)
    assert [quantity for _, quantity in lines_of(session, cart)] == [3]


def test_the_order_of_the_lines_does_not_matter(session: Session) -> None:
    first = claim(session, ("MUG", 1), ("PEN", 2))
    revision = first.revision

    assert claim(session, ("PEN", 2), ("MUG", 1)).revision == revision


def test_while_it_is_being_bought_only_the_same_can_be_claimed(session: Session) -> None:
    cart = claim(session)
    lock = start(session, cart, session_id="phone")

    assert claim(session).id == cart.id
    with pytest.raises(CheckoutInProgress) as refusal:
        claim(session, ("MUG", 2))

    assert refusal.value.context == {"cart_id": cart.id, "lock_id": lock.id, "reference": lock.reference}
    assert [quantity for _, quantity in lines_of(session, cart)] == [1]


def test_a_due_checkout_in_the_way_is_expired_first(session: Session) -> None:
    lock = start(session, claim(session), session_id="phone")
    make_due(session, lock)

    cart = claim(session, ("PEN", 1))

    assert read_one(session, CheckoutLock).outcome == "expired"
    assert (cart.lock_id, [quantity for _, quantity in lines_of(session, cart)]) == (None, [1])


def test_after_a_refused_payment_the_same_cart_is_bought(session: Session) -> None:
    cart = claim(session)
    with pytest.raises(PaymentDeclined):
        process(session, start(session, cart, session_id="phone"), payment=DECLINED)

    buy(session)

    assert read_one(session, Order, status="paid").cart_id == cart.id


def test_a_start_repeated_with_the_revision_of_its_claim_goes_on(session: Session) -> None:
    cart = claim(session)
    first = start(session, cart, session_id="phone", cart_revision=cart.revision)
    cancel(session, first)

    again = start(session, claim(session), session_id="phone", cart_revision=cart.revision)

    assert again.id != first.id


def test_a_start_is_refused_when_somebody_claimed_other_content_in_between(session: Session) -> None:
    seen = claim(session).revision
    cart = claim(session, ("MUG", 5))

    with pytest.raises(CartChanged) as refusal:
        start(session, cart, session_id="phone", cart_revision=seen)

    assert refusal.value.context == {"cart_id": cart.id, "seen": seen, "now": cart.revision}
    assert read(session, CheckoutLock) == []


def test_one_that_joins_a_checkout_of_other_content_is_refused_too(session: Session) -> None:
    seen = claim(session).revision
    cart = claim(session, ("MUG", 5))
    start(session, cart, session_id="phone", cart_revision=cart.revision)

    with pytest.raises(CartChanged):
        start(session, cart, session_id="phone", cart_revision=seen)


def test_a_change_by_its_token_is_seen_as_other_content(session: Session) -> None:
    cart = claim(session)
    seen = cart.revision
    add_line(session, cart, sku="PEN", quantity=1)

    with pytest.raises(CartChanged):
        start(session, cart, session_id="phone", cart_revision=seen)


def test_a_note_claims_and_finds_nothing(session: Session) -> None:
    parts: dict[str, Any] = {"lines": [LineRequest("MUG", 1)], "external_reference": NUMBER}
    ids = {create_cart(session, **parts).id, create_cart(session, **parts).id, claim(session).id}
    session.commit()

    assert len(ids) == 3


@pytest.mark.parametrize(
    "number", ["", " basket", "basket ", "x" * 65, "bas\nket", "bas\x00ket", "cafe\u0301", "\ud800"], ids=repr
)
def test_what_cannot_be_a_number_is_refused(session: Session, number: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        claim(session, number=number)

    assert refusal.value.context["field"] == "shop_reference"


def test_numbers_are_compared_exactly(session: Session) -> None:
    carts = [claim(session, number=number) for number in ("a", "A", "á", "x" * 64)]

    assert len({cart.id for cart in carts}) == 4


def test_an_unknown_product_makes_no_cart(session: Session) -> None:
    with pytest.raises(InvalidInput):
        claim(session, ("TEAPOT", 1))

    assert read(session, Cart) == []


def test_a_claim_whose_confirmation_was_lost_is_still_the_one_that_made_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_commit(session, monkeypatch, 1)
    wanted = as_contents(session, lines=[LineRequest("MUG", 1)])

    claimed = claim_cart(session, NUMBER, wanted, token="the cart's own")

    assert claimed.is_new
    assert len(read(session, Cart)) == 1


def test_a_start_whose_answer_was_lost_is_bought_once(session: Session, gateway: SandboxGateway) -> None:
    cart = claim(session)
    start(session, cart, session_id="phone", cart_revision=cart.revision)

    buy(session)

    assert len(gateway.ledger()) == len(read(session, CheckoutLock)) == 1


def test_a_cart_whose_sale_was_cancelled_stays_bought(session: Session) -> None:
    number = buy(session)
    session.execute(update(Order).values(status="paid"))
    session.commit()

    with pytest.raises(CartOrdered) as refusal:
        claim(session, ("PEN", 9))

    assert refusal.value.context["order_number"] == number


def buy_at_once(barrier: Any, world: World, times: int) -> list[str]:
    def job(_: int) -> str:
        with Session(engine, expire_on_commit=False) as session:
            try:
                return buy(session)
            except CheckoutError as error:
                return error.code

    with world.open() as (_, engine, _gateway):
        barrier.wait()
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(job, range(times)))


def test_fifty_clicks_in_two_processes_make_one_order(
    session: Session, database: Engine, database_url: str, tmp_path: Path, gateway: SandboxGateway
) -> None:
    session.commit()
    world = World(database_url, f"sqlite:///{tmp_path}/sandbox.sqlite3")

    answers = run_together(buy_at_once, (world, AT_ONCE), (world, AT_ONCE))

    told = Counter("paid" if answer.startswith("O-") else answer for answers_of in answers for answer in answers_of)
    assert told["paid"] >= 1
    assert set(told) <= {"paid", "in_progress", "payment_pending", "cart_ordered"}
    assert len(read(session, Cart)) == len(read(session, Order)) == len(gateway.ledger()) == 1
    assert check_all(session) == []
