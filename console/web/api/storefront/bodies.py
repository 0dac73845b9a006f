"""What requests bring in their bodies and queries."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from console.engine.prices.money import MAXIMUM_MINOR
from console.models.cart import MAXIMUM_LINES
from console.web.shared.fields import (
    Code,
    Country,
    Currency,
    Email,
    Filled,
    Input,
    Printable,
    Quantity,
    SkuText,
    Whole,
)

WEEK_MINUTES = 7 * 24 * 60
LARGEST_NUMBER = 2**31 - 1


class Address(Input):
    """Where something goes, or who is billed."""

    first_name: Filled
    last_name: Filled
    line_one: Filled
    line_two: Printable | None = None
    city: Filled
    state: Printable | None = None
    postcode: Filled
    country: Country


class NewLine(Input):
    """So many pieces more of a product."""

    sku: SkuText
    quantity: Quantity


class LineQuantity(Input):
    """How many pieces of a product."""

    quantity: Quantity


class CartChange(Input):
    """What may be said about a cart besides its lines; a field left out stays as it is, null takes it away."""

    currency: Currency | None = Field(None, description="null: the shop's own currency")
    email: Email | None = None
    coupon: Code | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = Field(None, description="null: the shipping address is billed")


class NewCart(CartChange):
    """A new cart."""

    external_reference: Code | None = Field(None, description="a note; an anonymous caller's stays on the cart")
    shop_reference: str | None = Field(
        None, description="the shop's own number: means one cart; for its own token only"
    )
    lines: Annotated[list[NewLine], Field(max_length=MAXIMUM_LINES, default_factory=list)]


class NewCheckout(Input):
    """How long a checkout may take."""

    ttl_minutes: Annotated[Whole, Field(ge=1, le=WEEK_MINUTES)] | None = Field(
        None, description="until the payment is taken, at most CHECKOUT_MAX_TTL_MINUTES; null: CHECKOUT_TTL_MINUTES"
    )
    cart_revision: Annotated[Whole, Field(ge=0, le=LARGEST_NUMBER)] | None = Field(
        None, description="the cart's `revision` with what is to be bought; another one is refused: `cart_changed`"
    )


ExpectedTotal = Annotated[
    Annotated[Whole, Field(ge=0, le=MAXIMUM_MINOR)] | None,
    Field(description="the total that the shopper was shown, in minor units; another one is refused: `price_changed`"),
]


class PaymentInput(Input):
    """How the shopper pays: the token is what the payment gateway knows it by."""

    method: Literal["card", "paypal", "bank_transfer"]
    token: Filled


class Purchase(Input):
    """The payment of a checkout."""

    payment: PaymentInput
    expected_total: ExpectedTotal = None


class Resumption(Input):
    """The payment of a checkout that has none yet."""

    payment: PaymentInput | None = None
    expected_total: ExpectedTotal = None


class Nothing(Input):
    """A body without fields."""
