"""What the API answers: one model a resource, built from the database's rows."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class Money(BaseModel):
    """An amount in minor units of its currency."""

    amount: int
    currency: str


class ProductAnswer(BaseModel):
    """A product; `available` is how many pieces nobody holds."""

    sku: str
    name: str
    unit_price: Money | None = Field(description="in the shop's currency; null where it has none")
    available: int


class ProductPage(BaseModel):
    """A page of products; no `next_cursor` means that it is the last."""

    data: list[ProductAnswer]
    next_cursor: str | None


class AddressAnswer(BaseModel):
    """An address as it was given."""

    first_name: str | None = None
    last_name: str | None = None
    line_one: str | None = None
    line_two: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None


class LineAnswer(BaseModel):
    """A line; `total` = `subtotal` - `discount` + `tax` (0 where the price includes it)."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


class TotalsAnswer(BaseModel):
    """What a cart or order comes to; `subtotal` is before discount, `shipping` includes its tax."""

    subtotal: Money
    discount: Money
    tax: Money
    shipping: Money
    total: Money


class CartAnswer(BaseModel):
    """A cart. While a checkout holds it, it is `locked`; prices that the checkout has frozen are shown as frozen."""

    id: int
    token: str | None = Field(description="what reaches this cart; null to the shop's own token")
    revision: int = Field(description="rises with what is in the cart")
    status: str = Field(description="open or ordered")
    currency: str
    email: str | None
    coupon: str | None
    external_reference: str | None
    shop_reference: str | None
    shipping_address: AddressAnswer | None
    billing_address: AddressAnswer | None
    lines: list[LineAnswer]
    totals: TotalsAnswer
    locked: bool


class CheckoutAnswer(BaseModel):
    """One attempt to buy a cart."""

    id: int
    reference: str = Field(description="what a shopper reads to support over the phone")
    cart_id: int
    state: str
    state_name: str
    phase: str | None
    outcome: str | None
    locked_at: datetime
    expires_at: datetime = Field(description="when it is given up unless the payment is being taken by then")
    completed_at: datetime | None
    failed_at: datetime | None
    can_resume: bool
    message: str


class NextAction(BaseModel):
    """What the shopper must do: go to the URL."""

    type: str
    url: str


class StatusAnswer(BaseModel):
    """How the buying of a cart stands: its last checkout, where there is one."""

    locked: bool
    can_checkout: bool = Field(description="a checkout can be started")
    can_resume: bool = Field(description="the checkout under way is this session's to go on with")
    lock_id: int | None
    reference: str | None
    state: str | None
    state_name: str | None
    phase: str | None
    expires_at: datetime | None
    message: str
    next_action: NextAction | None = Field(default=None, description="what its session must do for a waiting payment")


class OrderAnswer(BaseModel):
    """An order, with the prices that the checkout had frozen."""

    number: str
    status: str = Field(description="pending until the payment is taken, then paid; or cancelled")
    currency: str
    email: str | None
    coupon: str | None
    external_reference: str | None
    shipping_address: AddressAnswer | None
    billing_address: AddressAnswer | None
    lines: list[LineAnswer]
    totals: TotalsAnswer
    created_at: datetime
    paid_at: datetime | None


class PurchaseAnswer(BaseModel):
    """What was bought."""

    order: OrderAnswer
    checkout: CheckoutAnswer


class PendingAnswer(BaseModel):
    """A payment that is not decided yet; with a `next_action`, the shopper has to act first."""

    checkout: CheckoutAnswer
    next_action: NextAction | None = None


class WebhookAnswer(BaseModel):
    """What a webhook told is stored."""

    is_stored: bool = Field(description="false for one that speaks of no payment operation")
