"""What the admin API is asked: queries of its lists, and the bodies of its actions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from console.engine.staff.reasons import LONGEST_REASON
from console.web.shared.fields import PRINTABLE, Composed, Input, Printable, Whole
from console.web.shared.listing.keyset import LONGEST_CURSOR

_LARGEST_NUMBER = 2**31 - 1
_LARGEST_ID = 2**63 - 1
Version = Annotated[Whole, Field(ge=0, le=_LARGEST_NUMBER, description="the `revision` last seen")]
Minutes = Annotated[Whole, Field(ge=1, le=_LARGEST_NUMBER)]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON, pattern=PRINTABLE), Composed]


class Query(Input):
    """Part of an address: all text."""

    model_config = ConfigDict(strict=False)


class PageQuery(Query):
    """Which page of a list."""

    cursor: Annotated[str, Field(max_length=LONGEST_CURSOR)] = Field("", description="`next_cursor` of the page before")
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class LockQuery(PageQuery):
    """Which checkouts; the newest first."""

    state: Printable = ""
    phase: Printable = ""
    outcome: Printable = ""
    cart_id: Printable = ""
    session_id: Printable = ""
    email: Printable = ""
    q: Printable = Field("", description="reference, number, order, e-mail, payment, key or session")
    stuck: Printable = Field("", description="true or false")
    needs_attention: Printable = Field("", description="true or false")
    created_from: Printable = Field("", description="a date or a time")
    created_to: Printable = Field("", description="a date, meant with that day, or a time")


class AuditQuery(PageQuery):
    """Which entries of the audit trail; the newest first."""

    action: Printable = ""
    actor: Printable = ""
    object: Printable = Field("", description="type, or type:id, such as checkout_lock:12")
    created_from: Printable = Field("", description="a date or a time")
    created_to: Printable = Field("", description="a date, meant with that day, or a time")


class PlanQuery(Query):
    """Which action."""

    action: Literal["extend", "retry", "expire", "release", "resolve"]


class StatisticsQuery(Query):
    """How far back."""

    hours: Printable = Field("24", description="1 to 720")


class Undoing(Input):
    """Why a checkout is released or expired, and which revision of it was seen."""

    version: Version
    reason: Reason


class Extension(Input):
    """How many minutes a checkout gets from now; null: `CHECKOUT_TTL_MINUTES`."""

    version: Version
    reason: Reason | None = None
    ttl_minutes: Minutes | None = None


class Retrial(Input):
    """Which revision of a checkout was seen."""

    version: Version
    reason: Reason | None = None


class ResolveInput(Input):
    """What became of a payment operation at the gateway, by what somebody saw there."""

    version: Version
    reason: Reason
    operation_id: Annotated[Whole, Field(ge=1, le=_LARGEST_ID, description="`id` of one of the checkout's operations")]
    happened: bool
    provider_reference: Printable | None = Field(None, description="the payment's reference at the gateway")
