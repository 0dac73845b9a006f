"""One rule for the addresses of every country, by the library's required fields and nothing else of it."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pycountry
import pytest

from console.engine.cart.addresses import PARTS, countries, faults_of, missing_fields, postal_lines, rule_of
from tests.support.countries import ALL, full_address, needed, needing, rules_of


def test_there_is_every_country_of_iso_3166_and_kosovo_and_no_other() -> None:
    assert set(countries()) == {country.alpha_2 for country in pycountry.countries} | {"XK"}
    assert countries()["XK"] == "Kosovo"
    assert all(name and name != code for code, name in countries().items())


@pytest.mark.parametrize("country", [*ALL, "XK"])
def test_a_country_needs_what_its_post_requires_and_nothing_else(country: str) -> None:
    for given in [each for size in range(4) for each in combinations(PARTS, size)]:
        address = {"first_name": "Ada", "line_one": "1 Long Lane", "country": country} | dict.fromkeys(given, "a")

        assert set(missing_fields(address)) == needed(country) - set(given)


@pytest.mark.parametrize("country", [*ALL, "XK"])
def test_every_country_names_its_parts_and_asks_only_for_those_it_writes(country: str) -> None:
    rule = rule_of(country)

    assert rule.needs <= set(rule.parts) <= set(PARTS)
    assert all(name[:1].isupper() and "_" not in name for name in rule.called.values())
    assert set(rule.called) == set(PARTS)


@pytest.mark.parametrize("names", [{"first_name": "Ada"}, {"last_name": "Lovelace"}])
def test_one_name_is_enough(names: dict[str, str]) -> None:
    address = {name: value for name, value in full_address(ALL[0]).items() if "name" not in name}

    assert missing_fields(address) == ["first_name"]
    assert missing_fields(address | {"first_name": " ", "last_name": ""}) == ["first_name"]
    assert missing_fields(address | names) == []


@pytest.mark.parametrize("address", [None, {}])
def test_without_an_address_a_name_the_street_and_the_country_are_missing(address: dict[str, Any] | None) -> None:
    assert missing_fields(address) == ["first_name", "line_one", "country"]


@pytest.mark.parametrize("country", ["", "XX", "EU", "gb", None, 44, ["GB"]])
def test_what_is_no_country_is_a_missing_one(country: Any) -> None:
    assert missing_fields(full_address(ALL[0]) | {"country": country}) == ["country"]


def test_no_list_of_states_and_no_pattern_of_postcodes_refuses_anybody() -> None:
    strict = [country for country in ALL if rules_of(country).country_area_choices]

    assert strict
    assert [country for country in strict if list(faults_of(full_address(country)))] == []


def test_each_field_has_255_characters() -> None:
    address = full_address(needing("city"))
    long = {name: "x" * 256 for name in address if name != "country"}

    assert list(faults_of(address | dict.fromkeys(long, "x" * 255))) == []
    assert [name for name, _ in faults_of(address | long)] == list(long)


@pytest.mark.parametrize("country", [*ALL, "XK", "??"])
def test_a_written_address_has_every_word_that_was_given_once_and_the_country_last(country: str) -> None:
    address = full_address(country)

    lines = postal_lines(address)

    whole = "\n".join(lines)
    assert all(whole.count(value) == 1 for name, value in address.items() if name != "country")
    assert lines[-1] == countries().get(country, country)
    assert all(line.strip() == line and line for line in lines)


def test_an_address_in_its_own_script_is_written_from_the_largest_to_the_smallest() -> None:
    country = next(each for each in ALL if rules_of(each).address_format.endswith("%Z%n%S%n%A%n%O%n%N"))
    address = {
        "last_name": "山田",
        "line_one": "神南1-1",
        "state": "東京都",
        "postcode": "150-0041",
        "country": country,
    }

    assert postal_lines(address)[:-1] == ["150-0041", "東京都", "神南1-1", "山田"]


def test_what_was_not_given_leaves_neither_gap_nor_comma() -> None:
    for country in ALL:
        lines = postal_lines({"last_name": "Cher", "line_one": "1 Long Lane", "city": "Oldcastle", "country": country})

        assert not any(re.search(r"(^|\s)[,/-]|[,/-](\s|$)", line) for line in lines[:-1])
        assert " ".join(sorted(lines[:-1])).split(" ").count("Oldcastle") == 1
