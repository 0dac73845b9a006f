"""Addresses as a cart and an order keep them: a mapping with these fields, in one of the countries there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from babel.core import Locale

REQUIRED_FIELDS = ("first_name", "last_name", "line_one", "city", "postcode", "country")
_ALPHA_2 = re.compile("[A-Z]{2}")
# What CLDR knows beyond ISO 3166-1: unions, reserved codes, and its own private ones.
_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}


def missing_fields(address: Mapping[str, Any] | None) -> list[str]:
    """Tell which required fields an address lacks; all of them when there is no address."""
    return [name for name in REQUIRED_FIELDS if not (address or {}).get(name)]


@cache
def countries() -> Mapping[str, str]:
    """Give the English names of all countries of ISO 3166-1 by their alpha-2 codes."""
    known = Locale("en", "GB").territories.items()
    return {code: str(name) for code, name in known if _ALPHA_2.fullmatch(code) and code not in _NO_COUNTRIES}
