"""What a story about a checkout claims: each sentence with the facts it stands for, so that each can be checked.

A sentence without facts is not told. The state machine of the tests holds every claim against the rows and the
gateway's own ledger, in every state it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class Who(StrEnum):
    """Who acts next."""

    SHOPPER = "shopper"
    DRIVER = "driver"  # the request or worker that has it in hand
    WORKER = "worker"
    STAFF = "staff"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Claim:
    """One sentence; a kind of claim adds the facts."""

    about: ClassVar[str]
    sentence: str

    @property
    def facts(self) -> dict[str, Any]:
        """Give what it claims, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "sentence"}


@dataclass(frozen=True)
class Course(Claim):
    """How it came to be where it is; `refused` is the kind of operation said to be refused, and by whom."""

    about = "course"
    state: str
    outcome: str | None = None
    refused: str | None = None
    refused_by: str | None = None


@dataclass(frozen=True)
class Held(Claim):
    """What it holds of the shop's: the cart, and its stock with prices and coupon."""

    about = "held"
    cart: bool
    stock: bool


@dataclass(frozen=True)
class MoneyClaim(Claim):
    """What of the shopper's money is `charged` and what is `reserved`, in minor units; None where nobody knows.

    `is_hearsay` where it rests on the gateway's word, which may have changed unheard; `said_by` a human otherwise.
    """

    about = "money"
    charged: int | None
    reserved: int | None
    currency: str | None = None
    is_hearsay: bool = False
    said_by: str | None = None


@dataclass(frozen=True)
class Next(Claim):
    """Who acts next, and when; whether it happens `by_itself`, and whether the gateway may have more to say."""

    about = "next"
    who: Who
    at: datetime | None = None
    by_itself: bool = False
    may_hear: bool = True
