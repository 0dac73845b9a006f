"""What shoppers send: lines, coupons, addresses, payments."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[import-untyped]
    BooleanField,
    EmailField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import Choice  # type: ignore[import-untyped]
from wtforms.validators import (  # type: ignore[import-untyped]
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    StopValidation,
)
from wtforms.widgets import HiddenInput, Select  # type: ignore[import-untyped]

from console.engine.cart.addresses import LONGEST_EMAIL, NAMES, PARTS, lack_of, missing_fields, read_email, rule_of
from console.models.cart import MAXIMUM_QUANTITY
from console.models.text import in_nfc
from console.web.shared.fields import PRINTABLE
from console.web.storefront.address_parts import asked_parts
from console.web.storefront.formats import countries_by_name
from console.web.storefront.payment import card_choices

LONGEST, LONGEST_CODE = 255, 64
MOST_MINOR = 10**15
LOOK_AGAIN = "Look at the total once more, then press the button again."
NO_QUANTITY = f"A quantity is a whole number up to {MAXIMUM_QUANTITY}."
METHODS = {"card": "Card", "paypal": "PayPal", "bank_transfer": "Bank transfer"}


def strip(text: str | None) -> str:
    """Take the blanks around a text away, and bring it into NFC."""
    return in_nfc((text or "").strip())


def matching(pattern: str, message: str) -> Callable[[Form, Field], None]:
    """Make a validator for texts of a form."""

    def check(_form: Form, field: Field) -> None:
        if not re.fullmatch(pattern, field.data or ""):
            raise ValidationError(message)

    return check


PLAIN = matching(PRINTABLE, "Use plain text on one line.")


def require_if_missing(form: Form, field: Field) -> None:
    """Refuse an empty field that the form's country needs; of two names the first, if neither is given.

    What its country has no place for is not asked about: it will not be kept.
    """
    name, country = field.short_name, form.country.data
    if name in PARTS and name not in rule_of(country).parts:
        field.errors = []
        raise StopValidation
    if not field.data and name in missing_fields(form.data):
        what = "a name: the first, the last, or both" if name in NAMES else f"the {lack_of(name, country=country)}"
        raise StopValidation(f"Enter {what}.")


def require_email(_form: Form, field: Field) -> None:
    """Refuse what is no e-mail address."""
    try:
        read_email(field.data or "")
    except ValueError:
        raise ValidationError("Enter an e-mail address, such as ada@example.org.") from None


def text(
    label: str,
    *required: Callable[[Form, Field], None],
    longest: int = LONGEST,
    missing: str | None = None,
    autocomplete: str = "off",
) -> StringField:
    """Make a text field; `missing` is what is said when it is left empty, None where it may be."""
    validators = [*required, *([DataRequired(missing)] if missing else [])]
    limits = [Length(max=longest, message=f"Use at most {longest} characters."), PLAIN]
    looks = {"autocomplete": autocomplete, "maxlength": longest}
    return StringField(label, [*validators, *limits], filters=[strip], render_kw=looks)


class WholeField(IntegerField):
    """A whole number; anything else is the `mistake`."""

    def __init__(self, *arguments: Any, mistake: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.mistake = mistake

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(self.mistake) from None


class LineForm(FlaskForm):
    """So many pieces of a product; 0 takes it out of the cart."""

    sku = HiddenField(validators=[InputRequired(), Length(max=LONGEST_CODE), PLAIN])
    quantity = WholeField(
        "Quantity",
        [InputRequired("Say how many."), NumberRange(0, MAXIMUM_QUANTITY, NO_QUANTITY)],
        mistake=NO_QUANTITY,
        render_kw={"min": 0, "max": MAXIMUM_QUANTITY, "inputmode": "numeric"},
    )


class CouponForm(FlaskForm):
    """A coupon's code; empty takes it off."""

    coupon = text("Coupon", longest=LONGEST_CODE)


class HeldForm(FlaskForm):
    """Which checkout is to be gone on with, or given up: the one the page showed."""

    checkout = HiddenField()


@lru_cache(1024)
def _option(value: str, label: str, is_selected: bool) -> Markup:  # noqa: FBT001 - a key
    written: Markup = Select.render_option(Choice(value, label, is_selected, {}))
    return written


class CountryList(Select):
    """A list whose options are written once a process: a page of the checkout has all countries twice."""

    @classmethod
    def render_option(cls, choice: Any) -> Markup:
        """Write an option, which depends on nothing but the choice."""
        return _option(choice.value, choice.label, choice.selected)


class AddressForm(Form):
    """Where something goes, or who is billed; its country decides what else is asked, and what that is called."""

    country = SelectField(
        "Country",
        [InputRequired("Choose the country.")],
        choices=lambda: {"": "Choose …"} | countries_by_name(),
        widget=CountryList(),
        render_kw={"autocomplete": "country"},
    )
    first_name = text("First name", require_if_missing, autocomplete="given-name")
    last_name = text("Last name", autocomplete="family-name")
    line_one = text("Address", missing="Enter the street and number.", autocomplete="address-line1")
    line_two = text("Flat, floor (optional)", autocomplete="address-line2")
    city = text("", require_if_missing, autocomplete="address-level2")
    state = text("", require_if_missing, autocomplete="address-level1")
    postcode = text("", require_if_missing, autocomplete="postal-code")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, label, is_needed in asked_parts(self.country.data or ""):
            self[name].label.text = label
            self[name].flags.required = is_needed or None

    def parts(self) -> list[tuple[Field, bool]]:
        """List the country's own fields in its order, and after them those it has not: what is typed there stays."""
        used = rule_of(self.country.data or "").parts
        unused = [name for name in PARTS if name not in used]
        return [(self[name], name in used) for name in (*used, *unused)]

    def as_stored(self) -> dict[str, str]:
        """Give the address as carts keep it, without what is empty or has no place in its country's addresses."""
        used = rule_of(self.country.data).parts
        return {name: value for name, value in self.data.items() if value and (name in used or name not in PARTS)}


class ContactForm(Form):
    """Who buys, and whether somebody else is billed."""

    email = EmailField(
        "E-mail",
        [
            DataRequired("Enter your e-mail address."),
            Length(max=LONGEST_EMAIL, message=f"Use at most {LONGEST_EMAIL} characters."),
            require_email,
        ],
        filters=[strip],
        render_kw={"autocomplete": "email", "maxlength": LONGEST_EMAIL},
    )
    bill_elsewhere = BooleanField("Bill to another address")


class DetailsForm:
    """The first half of the checkout: contact, shipping address, and a billing address where it differs."""

    def __init__(self, typed: MultiDict[str, str], *, cart: Any = None) -> None:
        """Fill the fields with what was typed, emptied ones too; without that, with what is known of the cart."""
        cart = None if typed else cart
        known = {} if cart is None else {"email": cart.email, "bill_elsewhere": cart.billing_address is not None}
        self.contact = ContactForm(typed or None, data=known)
        self.shipping = AddressForm(typed or None, data=cart and cart.shipping_address)
        self.billing = AddressForm(typed or None, data=cart and cart.billing_address, prefix="billing-")

    def validate(self) -> bool:
        """Check what was sent; the billing address only if there is one."""
        forms: list[Form] = [self.contact, self.shipping]
        if self.contact.bill_elsewhere.data:
            forms.append(self.billing)
        verdicts = [form.validate() for form in forms]  # all of them: each marks what is wrong in it
        return all(verdicts)

    def changes(self) -> dict[str, Any]:
        """Give the details as the engine takes them."""
        billing = self.billing.as_stored() if self.contact.bill_elsewhere.data else None
        return {
            "email": self.contact.email.data,
            "shipping_address": self.shipping.as_stored(),
            "billing_address": billing,
        }


class PaymentForm(FlaskForm):
    """The second half: how the shopper pays, and what they were shown. Sent twice, `key` makes it one payment."""

    method = RadioField("Pay by", choices=METHODS, default="card")
    token = RadioField(
        "Test card",
        [DataRequired("Choose how to pay."), Length(max=LONGEST), PLAIN],
        choices=card_choices,
        validate_choice=False,
    )
    key = HiddenField(validators=[Length(max=LONGEST), PLAIN], default=lambda: secrets.token_hex(16))
    checkout = HiddenField()
    expected_total = WholeField(
        validators=[InputRequired(LOOK_AGAIN), NumberRange(0, MOST_MINOR, LOOK_AGAIN)],
        mistake=LOOK_AGAIN,
        widget=HiddenInput(),
    )
    shown = HiddenField()
