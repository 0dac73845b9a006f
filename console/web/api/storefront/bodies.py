"""What requests bring in their bodies and queries."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from console.engine.cart.addresses import countries, lack_of, missing_fields
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
    """Where something goes, or who is billed.

    One of the two names is needed. Which of city, state and postcode are needed, its country's post says.
    """

    first_name: Printable | None = None
    last_name: Printable | None = None
    line_one: Filled
    line_two: Printable | None = None
    city: Printable | None = None
    state: Printable | None = None
    postcode: Printable | None = Field(None, description="with whatever name: ZIP code, Eircode, PIN")
    country: Country = Field(description="ISO 3166-1 alpha-2, or XK")

    @model_validator(mode="wrap")
    @classmethod
    def _require_parts(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Tell what the country needs together with all else that is wrong."""
        refusals: list[InitErrorDetails] = []
        address = None
        try:
            address = read(data)
        except ValidationError as refusal:
            refusals = [_as_given(each) for each in refusal.errors(include_url=False, include_context=False)]
        if isinstance(data, dict):
            told = {refusal["loc"][0] for refusal in refusals}
            refusals += [_lack(name, data) for name in missing_fields(data) if name not in told]
        if address is None or refusals:
            raise ValidationError.from_exception_data(cls.__name__, refusals)
        return address


def _as_given(error: ErrorDetails) -> InitErrorDetails:
    kind = PydanticCustomError(error["type"], "{why}", {"why": error["msg"]})
    return InitErrorDetails(type=kind, loc=error["loc"], input=None)


def _lack(name: str, address: dict[str, Any]) -> InitErrorDetails:
    country = address.get("country")
    where = countries().get(country, "") if isinstance(country, str) else ""
    what = f"An address{' in ' * bool(where)}{where} needs its {lack_of(name, country=country)}."
    return InitErrorDetails(type=PydanticCustomError("missing", "{what}", {"what": what}), loc=(name,), input=None)


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
