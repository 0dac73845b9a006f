"""What was typed into forms that were not taken, kept in the session until they are: their pages show it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, flash, request, session
from werkzeug.datastructures import MultiDict

from console.web.storefront.payment import card_choices

DRAFTS = "shop_drafts"
BAD = "bad"  # the kind of message that tells of something that was not done
DETAILS, PAYMENT, LINE, COUPON = "details", "payment", "line", "coupon"
LONGEST_KEPT = 256  # one more than any field takes: what is too long still is when it is shown again
MOST_BYTES = 2300  # a browser takes 4 kB of cookies from us, and the session has more to remember
MOST_REASONS = 10
TOO_LONG = "What you typed is too long to be kept."
_ADDRESS = ("first_name", "last_name", "line_one", "line_two", "city", "state", "postcode", "country")
_NAMES = {
    DETAILS: ("email", "bill_elsewhere", *_ADDRESS, *(f"billing-{name}" for name in _ADDRESS)),
    PAYMENT: ("method", "token"),
    LINE: ("sku", "quantity"),
    COUPON: ("coupon",),
}


@dataclass(frozen=True)
class Draft:
    """The fields of a form as they were typed; `is_checked` when their mistakes are to be shown.

    `reasons` speak against what the form asks for, rather than against a field.
    """

    fields: dict[str, str] = field(default_factory=dict)
    is_checked: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def typed(self) -> MultiDict[str, str]:
        """Give the fields as if they were sent just now."""
        return MultiDict(self.fields)


def asked_call() -> str:
    """Tell which call of the checkout a form makes: one with a payment processes, one with details starts."""
    return "process" if {"token", "key", "expected_total"} & request.form.keys() else "start"


def sent_form() -> str | None:
    """Tell which of the forms is being sent whose fields are kept; None for one with nothing typed in it."""
    if request.endpoint == "storefront.go_on":
        return PAYMENT if asked_call() == "process" else DETAILS
    return {"storefront.add": LINE, "storefront.set_coupon": COUPON}.get(request.endpoint or "")


def keep_draft(*, is_checked: bool = False, reasons: Iterable[str] = ()) -> None:
    """Keep what was typed into the form that is being sent; one too long for a cookie is let go, and that is said.

    Only what a page of this visit has sent is to be kept: a foreign one could put its own address into the form.
    """
    form = sent_form()
    if form is None:
        return
    fields = {name: request.form[name][:LONGEST_KEPT] for name in _NAMES[form] if request.form.get(name)}
    if form == PAYMENT and fields.get("token") not in card_choices():
        fields.pop("token", None)  # a real one is worth money
    told = list(reasons)[:MOST_REASONS]
    others = {name: kept for name, kept in session.get(DRAFTS, {}).items() if name != form}
    for drafts in ({**others, form: [fields, is_checked, told]}, {form: [fields, is_checked, told]}):
        if _fits(drafts):
            session[DRAFTS] = drafts
            return
    session[DRAFTS] = {form: [{}, False, told]}
    flash(TOO_LONG, BAD)


def find_draft(form: str) -> Draft:
    """Find what was last typed into a form, if it was not taken; an empty one otherwise."""
    fields, is_checked, reasons = session.get(DRAFTS, {}).get(form, ({}, False, ()))
    return Draft(fields, is_checked, tuple(reasons))


def forget_draft() -> None:
    """Forget what was typed into the form that is being sent: it is sent anew."""
    form = sent_form()
    if form in session.get(DRAFTS, {}):
        session[DRAFTS] = {name: kept for name, kept in session[DRAFTS].items() if name != form}


def _fits(drafts: dict[str, list[Any]]) -> bool:
    signer = current_app.session_interface.get_signing_serializer(current_app)  # type: ignore[attr-defined]
    return len(signer.dumps(drafts)) <= MOST_BYTES
