"""Shoppers made up for invoices that name none: the same customer is the same person in every replay."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from console.engine.cart.addresses import rule_of

LONGEST_KEY = 40  # a name before the @ has 64 characters, and the shopper's own stands in it too
_FIRST_NAMES = (
    "Ada", "Amir", "Aoife", "Bea", "Carlos", "Chloe", "Dmitri", "Elsa", "Femi", "Grace", "Hugo", "Ingrid",
    "Jonas", "Keiko", "Liam", "Maya", "Nils", "Olga", "Priya", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wanda", "Yusuf",
)  # fmt: skip
_LAST_NAMES = (
    "Abbott", "Becker", "Carter", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Ivanova", "Jensen",
    "Kowalski", "Larsen", "Murphy", "Novak", "Okafor", "Petit", "Quinn", "Rossi", "Silva", "Tanaka", "Visser", "Wood",
)  # fmt: skip
_STREETS = ("Bridge Street", "Church Lane", "Harbour Road", "High Street", "Mill Lane", "Orchard Way", "Station Road")
_CITIES = {
    "AU": ("Melbourne", "Perth", "Sydney"),
    "BE": ("Antwerp", "Brussels", "Ghent"),
    "DE": ("Berlin", "Hamburg", "Leipzig"),
    "ES": ("Madrid", "Seville", "Valencia"),
    "FR": ("Lille", "Lyon", "Paris"),
    "GB": ("Bristol", "Leeds", "London"),
    "IE": ("Cork", "Dublin", "Galway"),
    "IT": ("Milan", "Rome", "Turin"),
    "JP": ("Kyoto", "Osaka", "Tokyo"),
    "NL": ("Rotterdam", "The Hague", "Utrecht"),
    "NO": ("Bergen", "Oslo", "Trondheim"),
    "PL": ("Gdansk", "Krakow", "Warsaw"),
}
_ANY_CITY = ("Newtown", "Oldcastle", "Riverside")
_ANY_STATE = ("Eastmarch", "Midshire", "Northmarch", "Southshire")


class Shopper:
    """A made-up person in a country, the same for the same `key` always."""

    def __init__(self, key: str, *, country: str) -> None:
        self._digest = hashlib.sha256(key.encode()).digest()
        self._key = "".join(letter for letter in key.lower() if letter.isascii() and letter.isalnum())
        self._country = country
        self._first_name = self._choose(_FIRST_NAMES, 0)
        self._last_name = self._choose(_LAST_NAMES, 1)

    @property
    def email(self) -> str:
        """Give an address that no mail ever reaches."""
        name = f"{self._first_name}.{self._last_name}".lower()
        key = self._key if 0 < len(self._key) <= LONGEST_KEY else self._digest.hex()[:12]
        return f"{name}.{key}@example.com"

    @property
    def address(self) -> dict[str, str]:
        """Give an address in the country, with what its post wants to know."""
        rule = rule_of(self._country)
        parts = {
            "city": self._choose(_CITIES.get(self._country, _ANY_CITY), 4),
            "postcode": f"{10_000 + self._digest[5] * 256 + self._digest[6]}",
        }
        if "state" in rule.needs:
            parts["state"] = self._choose(_ANY_STATE, 7)
        return {
            "first_name": self._first_name,
            "last_name": self._last_name,
            "line_one": f"{self._digest[2] + 1} {self._choose(_STREETS, 3)}",
            **{name: text for name, text in parts.items() if name in rule.parts},
            "country": self._country,
        }

    def _choose(self, words: Sequence[str], place: int) -> str:
        return words[self._digest[place] % len(words)]
