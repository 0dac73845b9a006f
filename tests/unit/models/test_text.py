"""What text is, in the alphabets people write in, and what two spellings have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.models.folding import fold
from console.models.text import in_nfc, is_text, without_unseen

WRITTEN = {
    "a soft hyphen": "Donau\u00addampfer",
    "joined emoji": "👩‍💼 phoned",
    "Arabic with a mark": "شركة\u200f (Acme)",
    "a no-break space": "10\u00a0000",
    "Hindi with a joiner": "क्\u200dष",
    "unassigned yet": "\U0001fbff\u0378",
    "private": "\ue000",
    "a line separator": "one\u2028two",
}
NOT_WRITTEN = {
    "NUL": "a\x00",
    "a tabulator": "a\tb",
    "C1": "a\x85",
    "delete": "a\x7f",
    "a lone surrogate": "a\ud83d",
    "an override": "a\u202egpj.exe",
    "an embedding": "\u202aa\u202c",
    "an isolate": "\u2066a\u2069",
}
ONE = [
    ("Äpfel", "äpfel", "APFEL", "A\u0308pfel", "\uff21\uff50\uff46\uff45\uff4c", " apfel "),
    ("Café crème", "cafe  creme", "CAFÉ\u00a0CRÈME", "ca\u00adfe creme"),
    ("Łódź", "lodz"),
    ("Smørrebrød", "smorrebrod"),
    ("Straße", "STRASSE", "strasse"),
    ("İstanbul", "istanbul", "\u0131stanbul"),
    ("ΟΔΟΣ", "οδος", "οδός"),
    ("Ёлка", "елка"),
    ("كِتاب", "كتاب"),
]
APART = [("がく", "かく"), ("कि", "कु"), ("cat", "cut"), ("東京", "京都")]


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_people_write_is_text(text: str) -> None:
    assert is_text(text)


@pytest.mark.parametrize("text", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_nobody_sees_is_no_text(text: str) -> None:
    assert not is_text(text)


@pytest.mark.parametrize("spellings", ONE, ids=[spellings[0] for spellings in ONE])
def test_spellings_of_one_word_are_one(spellings: tuple[str, ...]) -> None:
    assert len({fold(each) for each in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), APART)
def test_words_apart_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_a_composed_and_a_decomposed_spelling_are_one(text: str) -> None:
    assert fold(in_nfc(text)) == fold(text)


def test_what_nobody_sees_is_taken_away_and_blanks_are_one() -> None:
    assert without_unseen("\u200bRef:\r\n\tk7q2\u00a0 m9\u00adxa\ufeff") == "Ref: k7q2 m9xa"
