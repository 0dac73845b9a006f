"""Countries as invoices name them, as ISO 3166-1 alpha-2 codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import pycountry
from babel.core import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from console.engine.cart.addresses import countries
from console.models.folding import fold

# What shops and their people call places that neither ISO nor CLDR calls so.
_ALIASES = {
    "Britain": "GB",
    "Burma": "MM",
    "Channel Islands": "JE",
    "DRC": "CD",
    "East Timor": "TL",
    "EIRE": "IE",
    "England": "GB",
    "Great Britain": "GB",
    "Holland": "NL",
    "Holy See": "VA",
    "Hong Kong": "HK",
    "Ivory Coast": "CI",
    "Korea": "KR",
    "Macao": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Northern Ireland": "GB",
    "Palestine": "PS",
    "Republic of Ireland": "IE",
    "RSA": "ZA",
    "Scotland": "GB",
    "Swaziland": "SZ",
    "Turkey": "TR",
    "UAE": "AE",
    "UK": "GB",
    "US": "US",
    "USA": "US",
    "Vatican": "VA",
    "Wales": "GB",
}
_DOTS = re.compile(r"[.'\N{RIGHT SINGLE QUOTATION MARK}]")
_WORD = re.compile(r"\w+")
_SMALL_WORDS = {"the", "of", "and"}
_SHORT = {"st": "saint", "ste": "sainte"}

Spelling = tuple[str, ...]


def find_country(name: str) -> str | None:
    """Find the code of a country by its code or its name, in English or in its own languages; None when it is none.

    A name that two countries have is none.
    """
    spelling = _spelling(name)
    return _in_english().get(spelling) or _in_their_own().get(spelling)


@cache
def _in_english() -> Mapping[Spelling, str]:
    """Know the countries by their codes, by the names that ISO and CLDR give them, and by those of people."""
    names = _one_each((name, code) for code in countries() for name in _names_of(code))
    return names | {_spelling(name): code for name, code in _ALIASES.items()}


@cache
def _in_their_own() -> Mapping[Spelling, str]:
    """Know the countries by their names in the languages that are official there."""
    return _one_each((name, code) for code in countries() for name in _own_names(code))


def _names_of(code: str) -> Iterator[str]:
    yield code
    yield countries()[code]
    known = pycountry.countries.get(alpha_2=code)
    for name in ("alpha_3", "name", "official_name", "common_name"):
        if known is not None and getattr(known, name, None):
            yield getattr(known, name)


def _own_names(code: str) -> Iterator[str]:
    for language in get_official_languages(code):
        try:
            yield str(Locale.parse(language).territories.get(code, ""))
        except (UnknownLocaleError, ValueError):
            continue


def _one_each(names: Iterable[tuple[str, str]]) -> dict[Spelling, str]:
    """Give the names that only one country has."""
    codes: dict[Spelling, set[str]] = {}
    for name, code in names:
        codes.setdefault(_spelling(name), set()).add(code)
    return {spelling: next(iter(found)) for spelling, found in codes.items() if spelling and len(found) == 1}


def _spelling(name: str) -> Spelling:
    """Bring `St. Lucia` and `SAINT LUCIA` together, `Korea, Republic of` and `the Republic of Korea`."""
    words = _WORD.findall(fold(_DOTS.sub("", name)))
    if len(words) == 1:  # a code may look like one of the words that do not count
        return tuple(words)
    return tuple(sorted(_SHORT.get(word, word) for word in words if word not in _SMALL_WORDS))
