"""The protection kit, as a shop with pages of its own uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import render_template_string
from flask.testing import FlaskClient
from flask.views import MethodView
from sqlalchemy.orm import Session
from wtforms import Form, StringField

from console.engine import cancel, start
from console.models import Cart, CheckoutLock
from console.protection import (
    CURRENT_CART,
    CheckoutLockValid,
    ChecksCheckoutLock,
    CurrentCart,
    can_resume,
    get_active_lock,
    get_status,
    is_cart_locked,
    protect_cart,
)
from console.testing.factories import Shop, make_due
from tests.support.installation import build_app, close

pytestmark = pytest.mark.databases("sqlite")


HERE = "this browser"


class OwnShop:
    """A shop with its own idea of carts, built on the app; `visit` is a request about its cart."""

    def __init__(self, app: APIFlask, session: Session, cart: Cart) -> None:
        self.app, self.session, self.cart = app, session, cart
        app.config[CURRENT_CART] = lambda: CurrentCart(cart.id, HERE)
        app.add_url_rule("/own/change", view_func=protect_cart(change), methods=["GET", "POST"])
        app.add_url_rule("/own/method", view_func=OwnCart.as_view("own-method"))
        app.add_url_rule("/own/guard", view_func=OwnGuard.as_view("own-guard"))

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Be at work on a request."""
        with self.app.test_request_context("/own"):
            yield

    def start(self, session_id: str = HERE) -> CheckoutLock:
        """Begin to buy the cart; the app hears of it as if it had been told in its own process."""
        return start(self.session, self.cart, session_id=session_id)

    def client(self) -> FlaskClient:
        """Give out a client."""
        self.app.config["WTF_CSRF_ENABLED"] = False  # what is tried here is the lock alone
        return self.app.test_client()


def change() -> str:
    """Change the cart."""
    return "changed"


class OwnCart(ChecksCheckoutLock, MethodView):
    """A view of the shop's own."""

    def get(self) -> str:
        return "shown"

    def post(self) -> str:
        return "changed"


class OwnGuard(ChecksCheckoutLock, MethodView):
    """A view that is not even shown while the cart is held."""

    checked_methods = ("GET",)

    def get(self) -> str:
        return "shown"


@pytest.fixture
def own(app: APIFlask, session: Session, shop: Shop) -> OwnShop:
    shop.sell("MUG")
    return OwnShop(app, session, shop.cart())


def test_a_free_cart_is_changed_and_a_held_one_is_not(own: OwnShop) -> None:
    client = own.client()

    free = client.post("/own/change")
    lock = own.start()
    held = client.post("/own/change")
    cancel(own.session, lock)

    assert (free.status_code, free.text) == (200, "changed")
    assert held.status_code == 423
    assert "being bought" in held.text
    assert client.post("/own/change").status_code == 200


def test_a_held_cart_is_refused_to_its_own_session_too_whatever_the_method(own: OwnShop) -> None:
    own.start()

    assert own.client().get("/own/change").status_code == 423


def test_a_programs_refusal_is_a_problem(own: OwnShop) -> None:
    own.app.add_url_rule("/api/own", "own-api", protect_cart(change))
    lock = own.start()

    refused = own.client().get("/api/own")

    assert refused.status_code == 423
    assert refused.get_json()["error"] == "cart_locked"
    assert refused.get_json()["context"]["reference"] == lock.reference


def test_a_class_refuses_what_changes_and_shows_the_rest(own: OwnShop) -> None:
    client = own.client()
    before = client.post("/own/method")
    own.start()

    assert before.text == "changed"
    assert client.get("/own/method").text == "shown"
    assert client.post("/own/method").status_code == 423
    assert client.get("/own/guard").status_code == 423


def test_a_due_checkout_protects_nothing(own: OwnShop) -> None:
    lock = own.start()
    make_due(own.session, lock)

    assert own.client().post("/own/change").status_code == 200


@pytest.mark.parametrize("path", ["/own/change", "/own/method"])
def test_protection_can_be_switched_off(
    database_url: str, tmp_path: Path, session: Session, shop: Shop, path: str
) -> None:
    shop.sell("MUG")
    app = build_app(database_url, tmp_path, CHECKOUT_ENABLE_CART_PROTECTION="false")
    own = OwnShop(app, session, shop.cart())
    own.start()

    changed = own.client().post(path)
    with own.visit():
        locked = is_cart_locked()
    close(app)

    assert changed.text == "changed"
    assert locked


def test_the_status_has_the_api_s_names(own: OwnShop) -> None:
    with own.visit():
        free, nothing = get_status(), get_active_lock()
    lock = own.start()
    with own.visit():
        held, active = get_status(), get_active_lock()

    assert (free["locked"], free["can_checkout"], nothing) == (False, True, None)
    assert (held["locked"], held["lock_id"], held["can_resume"]) == (True, lock.id, True)
    assert active is not None
    assert active.id == lock.id


def test_without_a_cart_nothing_is_locked(own: OwnShop) -> None:
    own.app.config[CURRENT_CART] = lambda: None
    own.start()

    with own.visit():
        assert not is_cart_locked()
        assert get_active_lock() is None
        assert get_status()["message"] == "There is no cart yet."
    assert own.client().post("/own/change").status_code == 200


def test_a_cart_that_is_not_the_token_s_counts_as_none(own: OwnShop) -> None:
    own.app.config[CURRENT_CART] = lambda: CurrentCart(own.cart.id, HERE, token_hash="another")
    own.start()

    with own.visit():
        assert not is_cart_locked()
        assert get_active_lock() is None


def test_an_answer_cached_for_the_shop_is_not_given_to_a_wrong_token(own: OwnShop) -> None:
    own.start()
    with own.visit():
        get_status()

    asked = own.client().get(f"/api/v1/carts/{own.cart.id}/checkout-status", headers={"Authorization": "Bearer guess"})

    assert asked.status_code == 404


@pytest.mark.parametrize(("session_id", "expected"), [(HERE, True), ("elsewhere", False)])
def test_only_the_session_that_started_it_can_resume(own: OwnShop, session_id: str, expected: bool) -> None:  # noqa: FBT001
    lock = own.start(session_id)

    with own.visit():
        assert can_resume(lock) is expected


def test_what_ended_or_is_due_or_of_another_cart_cannot_be_resumed(own: OwnShop, shop: Shop) -> None:
    due = own.start()
    make_due(own.session, due)
    ended = cancel(own.session, shop.checkout(session_id=HERE))
    other = shop.checkout(session_id=HERE)

    with own.visit():
        assert [can_resume(lock) for lock in (due, ended, other)] == [False] * 3


class Naming(Form):
    """A form that names a checkout."""

    checkout = StringField(validators=[CheckoutLockValid()])


def test_a_form_may_name_the_live_checkout_by_id_or_reference(own: OwnShop) -> None:
    lock = own.start()

    with own.visit():
        for named in (str(lock.id), lock.reference, lock.reference.lower().replace("-", " ")):
            assert Naming(data={"checkout": named}).validate()


@pytest.mark.parametrize("named", ["", "0", "-1", "9" * 50, "\x00", "None", "K7Q2-M9XA", "²"])
def test_a_form_that_names_another_checkout_is_refused(own: OwnShop, named: str) -> None:
    own.start()

    with own.visit():
        form = Naming(data={"checkout": named})
        assert not form.validate()
        assert form.errors == {"checkout": ["This checkout is over, or it is not yours."]}


def test_a_form_cannot_name_a_checkout_of_another_session(own: OwnShop) -> None:
    lock = own.start("elsewhere")

    with own.visit():
        assert not Naming(data={"checkout": str(lock.id)}).validate()


def test_without_any_checkout_no_name_is_right(own: OwnShop) -> None:
    with own.visit():
        assert not Naming(data={"checkout": "None"}).validate()


TEMPLATE = """
{%- from "components/checkout_status.html" import checkout_status -%}
{{ is_cart_locked() }} {{ get_status().reference }} {{ get_active_lock() | can_resume }}
{{ get_active_lock() | format_duration }} {{ "failed" | get_state_name }} {{ checkout_status() }}
"""


def test_templates_have_the_kit_and_the_widget(own: OwnShop) -> None:
    lock = own.start()

    with own.visit():
        page = render_template_string(TEMPLATE)

    assert page.startswith(f"True {lock.reference} True\n0s Failed")
    assert page.count(lock.reference) == 2
    assert "hx-get" not in page


def test_a_page_that_polls_names_its_own_address(own: OwnShop) -> None:
    own.start()

    with own.visit():
        page = render_template_string(TEMPLATE.replace("checkout_status()", 'checkout_status(poll_url="/own/status")'))

    assert 'hx-get="/own/status" hx-trigger="every 5s"' in page
