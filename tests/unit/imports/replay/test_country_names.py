"""Countries in the spellings that shops write them in."""

from __future__ import annotations

import pycountry
import pytest

from console.engine.cart.addresses import countries
from console.imports.replay.country_names import find_country

KNOWN = list(pycountry.countries)


def test_every_country_is_found_by_its_codes_and_by_what_iso_and_cldr_call_it() -> None:
    for country in KNOWN:
        for name in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            if hasattr(country, name):
                assert find_country(getattr(country, name)) == country.alpha_2
        assert find_country(countries()[country.alpha_2]) == country.alpha_2


def test_an_inverted_name_is_the_same_as_the_straight_one() -> None:
    inverted = [country for country in KNOWN if country.name.count(", ") == 1]

    assert inverted
    for country in inverted:
        last, first = country.name.split(", ")
        assert find_country(f"the {first} {last}".upper()) == country.alpha_2


@pytest.mark.parametrize(
    ("spellings", "official"),
    [
        (["Turkey", "T\u00fcrkiye", "turkiye"], "T\u00fcrkiye"),
        (["Ivory Coast", "Cote d'Ivoire", "C\u00d4TE D\u2019IVOIRE"], "C\u00f4te d'Ivoire"),
        (["Cape Verde", "Cabo Verde"], "Cabo Verde"),
        (["Swaziland"], "Eswatini"),
        (["Macedonia"], "North Macedonia"),
        (["Russia", "\u0420\u043e\u0441\u0441\u0438\u044f"], "Russian Federation"),
        (["Vietnam"], "Viet Nam"),
        (["South Korea", "Korea", "\ub300\ud55c\ubbfc\uad6d"], "Korea, Republic of"),
        (["UK", "U.K.", "Great Britain", "England", "Scotland"], "United Kingdom"),
        (["USA", "U.S.A.", "US", "United States of America"], "United States"),
        (["EIRE", "Eire", "Republic of Ireland", "\u00c9ire"], "Ireland"),
        (["Holland", "The Netherlands", "Nederland"], "Netherlands"),
        (["Bosnia & Herzegovina", "Bosnia-Herzegovina"], "Bosnia and Herzegovina"),
        (["St Lucia", "St. Lucia", " ST  LUCIA "], "Saint Lucia"),
        (["Deutschland", "DEUTSCHLAND", "de", "DEU"], "Germany"),
        (["Czech Republic", "\u010cesko"], "Czechia"),
        (["RSA"], "South Africa"),
        (["UAE"], "United Arab Emirates"),
        (["Channel Islands"], "Jersey"),
        (["\u65e5\u672c"], "Japan"),
    ],
)
def test_people_s_spellings_are_found(spellings: list[str], official: str) -> None:
    code = pycountry.countries.get(name=official).alpha_2

    assert {spelling: find_country(spelling) for spelling in spellings} == dict.fromkeys(spellings, code)


def test_kosovo_is_found_though_iso_has_no_code_for_it() -> None:
    assert find_country("Kosovo") == "XK"


@pytest.mark.parametrize(
    "name", ["European Community", "Unspecified", "EU", "", " ", ".", "Atlantis", "Virgin Islands", "the", "and of"]
)
def test_what_is_no_country_or_may_be_two_is_none(name: str) -> None:
    assert find_country(name) is None
