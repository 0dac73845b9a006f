"""Money in integer minor units, each currency with its own number of decimals (ISO 4217)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from babel.core import get_global

MAXIMUM_MINOR = 10**15  # leaves room for sums in 64 bits


# ISO 4217 exponents that are not 2. CLDR's are not used: it rounds some currencies to what is in circulation.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def decimals(currency: str) -> int:
    """Tell how many decimals a currency has: JPY 0, GBP 2, KWD 3."""
    return _DECIMALS.get(currency, 2)


@cache
def is_currency(code: str) -> bool:
    """Tell whether a code is an ISO 4217 currency, upper-case."""
    return code in get_global("all_currencies")


def to_minor(amount: str | Decimal, *, currency: str) -> int:
    """Read a decimal amount in major units ("4.20") as minor units.

    Raises:
        ValueError: when it is no number, negative, too large, or has more decimals than the currency.
    """
    try:
        scaled = Decimal(amount).scaleb(decimals(currency))
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount") from None
    if not scaled.is_finite() or scaled < 0 or scaled > MAXIMUM_MINOR:
        raise ValueError(f"{amount} is out of bounds")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency} has")
    return int(scaled)


def to_major(amount_minor: int, *, currency: str) -> Decimal:
    """Turn minor units into a decimal amount in major units."""
    return Decimal(amount_minor).scaleb(-decimals(currency))


def rounded(amount: Decimal) -> int:
    """Round minor units half up, as invoices do."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def convert(amount_minor: int, *, rate: Decimal, base: str, quote: str) -> int:
    """Convert minor units of `base` into minor units of `quote`, rounded half to even."""
    shift = decimals(quote) - decimals(base)
    return int((amount_minor * rate).scaleb(shift).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def split(total_minor: int, *, weights: Sequence[int], ties: Sequence[Any] = ()) -> list[int]:
    """Split an amount in proportion to weights, so that the parts add up exactly (largest remainder).

    Equal remainders are told apart by `ties`, one for each weight, then by place. With no weight every part is 0.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(parts)
    if not left:
        return parts
    ranks = ties or [0] * len(weights)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total_minor * weights[i] % whole), ranks[i], i))
    for index in by_remainder[:left]:
        parts[index] += 1
    return parts
