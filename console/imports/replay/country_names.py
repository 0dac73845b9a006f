"""Countries as invoices name them, as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

from functools import cache

from console.engine.cart.addresses import countries

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


def find_country(name: str) -> str | None:
    """Find the code of a country by its English name or its code; None when it is no single country."""
    return _codes().get(_spelling(name))


@cache
def _codes() -> dict[str, str]:
    names = {name: code for code, name in countries().items()} | _ALIASES | {code: code for code in countries()}
    return {_spelling(name): code for name, code in names.items()}


def _spelling(name: str) -> str:
    """Bring `St. Lucia` and `ST LUCIA` together."""
    return name.strip().casefold().replace(".", "")
