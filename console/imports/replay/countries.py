"""Countries as invoices name them, as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

from functools import cache

from babel import Locale

# What a British shop calls places that CLDR names otherwise.
_ALIASES = {
    "Channel Islands": "JE",
    "Czech Republic": "CZ",
    "EIRE": "IE",
    "Hong Kong": "HK",
    "RSA": "ZA",
    "UK": "GB",
    "USA": "US",
}
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # CLDR's groups of countries and placeholders
_CODE_LETTERS = 2


def find_country(name: str) -> str | None:
    """Find the code of a country by its English name or its code; None when it is no single country."""
    return _codes().get(name.strip().casefold())


@cache
def _codes() -> dict[str, str]:
    territories = {
        code: name
        for code, name in Locale("en").territories.items()
        if len(code) == _CODE_LETTERS and code.isalpha() and code not in _NO_COUNTRIES
    }
    names = {name: code for code, name in territories.items()} | _ALIASES | {code: code for code in territories}
    return {name.casefold(): code for name, code in names.items()}
