"""What is meant by what support is given, as it is pasted."""

from __future__ import annotations

import pytest

from console.web.shared.listing.pasted import address_in, meanings, references_in

REFERENCES = [
    "K7Q2-M9XA",
    "k7q2 m9xa",
    "k7q2m9xa",
    "Ref: k7q2 m9xa",
    "Ref:\nk7q2\tm9xa",
    "Reference K7Q2-M9XA.",
    "O-K7Q2-M9XA",
    "Order O-K7Q2-M9XA",
    "your order o-k7q2-m9xa (paid)",
    "“K7Q2\u2011M9XA”",
    "K7Q2\u2013M9XA",
    "\u200bK7Q2-\u00adM9XA\ufeff",
    "\u202aK7Q2-M9XA\u202c",
    "K7Q2\u00a0M9XA\r\n",
]
NUMBERS = ["45", "#45", " 45 ", "Order #45", "checkout no. 45", "ID: 45", "№ 45", "(45)", "\u206645\u2069"]
ADDRESSES = [
    "ada@example.org",
    "Ada <ada@example.org>",
    '"Lovelace, Ada" <ada@example.org>,',
    "mailto:ada@example.org",
    "mailto:ada@example.org?subject=My%20order",
    "E-mail: ada@example.org.",
    "\ufeffada@exam\u00adple.org\u200b",
    "[ada@example.org](mailto:ada@example.org)",
]


@pytest.mark.parametrize("words", REFERENCES)
def test_a_reference_is_found_in_what_is_around_it(words: str) -> None:
    assert references_in(words) == ["K7Q2-M9XA"]


@pytest.mark.parametrize("words", NUMBERS)
def test_a_number_is_meant_without_its_label(words: str) -> None:
    assert "45" in meanings(words)


@pytest.mark.parametrize("words", ADDRESSES)
def test_an_address_is_found_in_what_is_around_it(words: str) -> None:
    assert address_in(words) == "ada@example.org"


@pytest.mark.parametrize("words", ["pi_3Nk: 4", "-K7Q2", "Order", "a,b", "№"])
def test_a_name_of_somebody_else_s_may_be_meant_as_it_is(words: str) -> None:
    assert meanings(words)[0] == words


@pytest.mark.parametrize("words", ["", "   ", "\u200b", "\x00", "\ud800"])
def test_nothing_means_nothing(words: str) -> None:
    assert (meanings(words), references_in(words), address_in(words)) == ([], [], None)


def test_a_reference_is_found_behind_words_that_could_be_one() -> None:
    assert "K7Q2-M9XA" in references_in("My card that was k7q2 m9xa")
