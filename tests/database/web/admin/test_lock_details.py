"""The page of one checkout: what it shows, what it costs, what it survives."""

from __future__ import annotations

import json

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine import Addresses, Payment, cancel, process, release
from console.engine.cart.addresses import postal_lines
from console.engine.errors import Ended, PaymentDeclined, PaymentPending
from console.engine.runtime import attach, runtime_of
from console.extensions import db
from console.models import CheckoutLock
from console.testing.factories import ADDRESS, VISA, Shop
from console.testing.scripted import ScriptedGateway
from tests.support.countries import full_address, needing
from tests.support.web.console_visits import Inlined, add_user, sign_in
from tests.support.web.rows import edit
from tests.support.web.statements import statements

pytestmark = pytest.mark.databases("sqlite")

DETAILS = "/admin/checkout-locks/details/"


def page_of(client: FlaskClient, lock_id: int) -> str:
    page = client.get(DETAILS, query_string={"id": lock_id})
    assert page.status_code == 200, page.text
    return page.text


def test_one_checkout_is_shown_with_all_that_belongs_to_it(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    order = process(session, lock, payment=VISA)

    page = page_of(viewer, lock.id)

    for word in (
        lock.reference, "Completed", "Stock commit", "Authorize", "Capture", "MUG", "10.00 GBP", order.number,
        "CheckoutCompleted", "erased", "The shopper was charged 10.00 GBP", "Nothing more happens by itself",
    ):  # fmt: skip
        assert word in page
    assert page.count("waterfall__bar--completed") == 7


def test_where_it_goes_is_written_as_its_country_does(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    goes_to, billed = full_address(needing("city", "state", "postcode")), full_address(needing("city", "postcode"))
    lock = shop.checkout(addresses=Addresses(goes_to, billed))

    page = page_of(viewer, lock.id)
    process(shop.session, lock, payment=VISA)

    for address in (goes_to, billed):
        assert "<br>".join(postal_lines(address)) in page
    assert "Billed to" in page_of(viewer, lock.id)


def test_the_page_obeys_the_strict_policy(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    assert Inlined(page_of(viewer, lock.id)).found == []


def test_prices_that_moved_since_are_shown_as_drift(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", price=1000)
    shop.sell("CUP", price=500)
    lock = shop.checkout(("MUG", 2), ("CUP", 1))
    process(session, lock, payment=VISA)

    shop.reprice(mug, 1050)

    assert page_of(viewer, lock.id).count("▲ +1.00 GBP") == 2  # the line's, and the cart's


def test_what_people_did_is_shown_with_who_and_why(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    release(session, lock, actor="ada@example.org", reason="shopper phoned", version=lock.revision)

    page = page_of(viewer, lock.id)

    assert "ada@example.org" in page
    assert "shopper phoned" in page


def test_only_the_actions_that_the_state_allows_are_offered_and_only_to_who_may(
    viewer: FlaskClient, support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    waiting, ended = shop.checkout(), shop.checkout()
    cancel(session, ended)

    offered = [
        [name for name in ("release", "expire", "extend", "retry") if f"/{lock.id}/{name}" in page_of(client, lock.id)]
        for client, lock in ((support, waiting), (support, ended), (viewer, waiting))
    ]

    assert offered == [["release", "expire", "extend"], [], []]


def test_a_checkout_that_waits_for_the_bank_says_to_support_what_it_says_to_its_shopper(
    viewer: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_3ds"))

    widget = viewer.get(f"/admin/checkout-locks/{lock.id}/status").text

    for shown in (page_of(viewer, lock.id), widget):
        assert "Waiting for you to confirm the payment with your bank." in shown


def test_what_was_short_and_what_the_gateway_said_stand_in_the_timeline(
    viewer: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell("MUG", stock=3)
    short, declined = shop.checkout(("MUG", 9)), shop.checkout(("MUG", 1))
    for lock, token in ((short, "tok_visa"), (declined, "tok_declined")):
        with pytest.raises(Ended):
            process(session, lock, payment=Payment("card", token))

    assert "MUG: 9 wanted, 3 left" in page_of(viewer, short.id)
    assert "The card was declined." in page_of(viewer, declined.id)


def test_the_way_leads_on_to_the_shopper_s_other_checkouts(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    page = page_of(viewer, lock.id)

    assert f'href="/admin/checkout-locks/?cart_id={lock.cart_id}"' in page
    assert 'href="/admin/checkout-locks/?email=' in page


def test_who_may_not_resolve_is_told_who_may(app: APIFlask, viewer: FlaskClient, session: Session, shop: Shop) -> None:
    admin = app.test_client()
    sign_in(admin, add_user(app, "admin"))
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    edit(session, update(CheckoutLock).values(needs_attention="The gateway is silent."))

    assert "ask an admin to resolve it" in page_of(viewer, lock.id)
    assert "ask an admin" not in page_of(admin, lock.id)


def test_a_payment_token_is_never_shown(app: APIFlask, viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))

    with statements(app) as asked:
        page = page_of(viewer, lock.id)
        document = viewer.get(f"/admin/checkout-locks/{lock.id}/json").text

    assert "••••••" in page
    assert "tok_" not in page + document
    assert not [statement for statement in asked if "payment_token," in statement]


def test_a_page_of_one_checkout_costs_the_same_for_any(app: APIFlask, viewer: FlaskClient, shop: Shop) -> None:
    for number in range(20):
        shop.sell(f"SKU-{number}")
    small = shop.checkout(("SKU-1", 1))
    large = shop.checkout(*((f"SKU-{number}", 1) for number in range(20)))
    for lock in (small, large):
        process(shop.session, lock, payment=VISA)

    costs = []
    for lock in (small, large):
        with statements(app) as asked:
            page_of(viewer, lock.id)
        costs.append(len(asked))

    assert costs == [10, 10]  # who is it; the checkout and its seven tables; its lines at today's prices


def test_the_document_has_the_facts_of_the_page(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    order = process(session, lock, payment=VISA)

    answer = viewer.get(f"/admin/checkout-locks/{lock.id}/json")

    document = json.loads(answer.text)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{lock.reference}.json"'
    assert (document["reference"], document["order"]["number"]) == (lock.reference, order.number)
    assert [operation["kind"] for operation in document["operations"]] == ["authorize", "capture"]


def test_a_checkout_that_is_not_there_is_not_found(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    shop.checkout()
    wanted = ("", "0", "-1", "999", "x", "1.0", "²", str(2**63), "9" * 5000, "\x00", "1 OR 1=1")

    answers = [viewer.get(DETAILS, query_string={"id": lock_id}) for lock_id in wanted]
    documents = [viewer.get(f"/admin/checkout-locks/{lock_id}/json") for lock_id in ("0", "999", "x", "-1", "9" * 30)]

    assert [answer.status_code for answer in answers] == [404] * len(wanted)
    assert [answer.status_code for answer in documents] == [404] * 5


def test_what_people_typed_is_never_markup(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell("MUG", name="<b>mug</b>")
    hostile = '"><img src=x onerror=alert(1)>'
    lock = shop.checkout(session_id=hostile, addresses=Addresses(ADDRESS | {"line_two": hostile}))
    process(shop.session, lock, payment=VISA)

    page = page_of(viewer, lock.id)

    assert [found for found in ("<img", "<b>mug") if found in page] == []


def test_an_ended_checkout_can_still_be_asked_about_at_the_gateway(
    app: APIFlask, viewer: FlaskClient, support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=Payment("card", "tok_capture_declined"))
    with app.app_context():
        attach(db.engine, config=runtime_of(session).config, gateway=runtime_of(session).gateway)
    before = session.scalar(select(CheckoutLock.revision))

    page = support.get(f"/admin/checkout-locks/{lock.id}/gateway")

    assert page.status_code == 200
    assert "Ask the gateway" in page_of(support, lock.id)
    assert page.text.count("✓ Agrees") == 3
    assert Inlined(page.text).found == []
    assert viewer.get(f"/admin/checkout-locks/{lock.id}/gateway").status_code == 403
    session.commit()
    assert session.scalar(select(CheckoutLock.revision)) == before


def test_what_the_gateway_has_otherwise_is_seen_there(
    app: APIFlask, support: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    with app.app_context():
        attach(db.engine, config=runtime_of(session).config, gateway=ScriptedGateway())

    page = support.get(f"/admin/checkout-locks/{lock.id}/gateway")

    assert page.text.count("✕ Differs") == 2
    assert "Knows of none" in page.text
