"""The demo's customers: made-up people with an address of their country, and an e-mail that reaches nobody."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from console.demo.places import COUNTRIES, Country

_LETTERS = "ADEHNPRTWX"  # those that every country has in its postcodes
_DIGITS = "123456789"
_MAIL_DOMAINS = ("example.com", "example.com", "example.org", "example.net")
_IN_ASCII = str.maketrans({"ß": "ss", "'": None, " ": None})


@dataclass(frozen=True)
class Person:
    """A customer; `address` is in the fields of a cart's address."""

    email: str
    address: dict[str, str]
    currency: str


def make_person(number: int) -> Person:
    """Make up a customer, the same for the same number always."""
    chance = random.Random(f"customer {number}")  # noqa: S311 - the same demo everywhere, no secret
    country = chance.choices(COUNTRIES, weights=[each.share for each in COUNTRIES])[0]
    first, last = chance.choice(country.first_names), chance.choice(country.last_names)
    names = {"first_name": first, "last_name": last}
    return Person(_email(chance, first, last, number + 51), names | _address(chance, country), country.currency)


def _address(chance: random.Random, country: Country) -> dict[str, str]:
    city, postcode, *states = chance.choice(country.places)
    street = country.door.format(number=chance.randint(1, 140), street=chance.choice(country.streets))
    address = {"line_one": street, "city": city, "postcode": _filled(chance, postcode), "country": country.code}
    return address | dict(zip(("state",), states, strict=False))


def _filled(chance: random.Random, pattern: str) -> str:
    stands_for = {"#": _DIGITS, "?": _LETTERS}
    return "".join(chance.choice(stands_for.get(letter, letter)) for letter in pattern)


def _email(chance: random.Random, first: str, last: str, number: int) -> str:
    """Write an address as people have them; the number keeps two of the same name apart."""
    first, last = _plain(first), _plain(last)
    name = chance.choice((f"{first}.{last}{number}", f"{first}{number}", f"{first[0]}.{last}{number}"))
    return f"{name}@{chance.choice(_MAIL_DOMAINS)}"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().translate(_IN_ASCII))
    return "".join(letter for letter in letters if letter.isascii())
