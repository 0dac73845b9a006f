"""Texts in CSV: none is run, none becomes another thing, and all of them can be had back."""

from __future__ import annotations

import csv
import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.web.admin.exports.marks import is_formula, is_rewritten, mark
from tests.support.web.spreadsheets import unmark

# Whatever is one of the four signs in another width or height, and minuses that are no hyphens.
SIGNS = [*(chr(code) for code in range(0x11000) if unicodedata.normalize("NFKC", chr(code))[:1] in set("=+-@"))]
SIGNS += ["\u2212", "\u207b", "\u208b", "\u2010", "\u2011"]
BLANKS = ("", " ", "\u00a0", "\u2003", "\u3000", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u200f", "\u3164", "\u2800")
BREAKS = ("\t", "\n", "\r", "\v", "\x00", "\x85", "\u2028", "\ufe0f", "\u034f", '"')
HOSTILE = st.text(
    st.sampled_from([*SIGNS, *BREAKS, *BLANKS[1:], ";", ",", "'", "0", "8", "7", ".", "/", "E", "a"]) | st.characters(),
    max_size=30,
)


def test_the_signs_of_all_widths_are_tried() -> None:
    assert {"\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62", "\ufe63", "\ufe66", "\u207a", "\u208c"} <= set(SIGNS)


@pytest.mark.parametrize("blank", [*BLANKS, *BREAKS])
def test_a_sign_of_any_width_behind_any_blank_is_no_formula(blank: str) -> None:
    texts = [f"{blank}{blank}{sign}1+cmd|' /C calc'!A0" for sign in SIGNS]

    assert [text for text in texts if mark(text) != f"'{text}" and blank not in "\t\n"] == []
    assert [text for text in texts if not mark(text).startswith("'") or unmark(mark(text)) != text] == []


@pytest.mark.parametrize("start", ["\t", "\r", "\n"])
def test_a_break_in_front_is_kept_from_moving_what_follows(start: str) -> None:
    assert mark(f"{start}plain").startswith("'")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "5012345678900",
            "871234567890",
            "4006381333931000000",
            "007",
            "00",
            "12E45678",
            "1e5",
            "2E-3",
            "1.10",
            "1,50",
        ),
        *("1/2", "1-2", "3.4.2026", "2026-11-22", "2026-11-22T14:30:00Z", "12:30", "10:30 PM", "1 a", "1 234", "1'234"),
        *("MAR1", "SEPT-2", "1-Dec", "1dec2026", "2 May", "May 2026", "10 %", "€5", "5 €", "(5)", "5-", ".5", "1 1/2"),
        *("12.345.678.901", "true", "FALSE", "#N/A", "#REF!", "#DIV/0!", "\uff11\uff12\uff13", "\u00a0\u200b12", " 12"),
    ],
)
def test_what_would_become_another_number_a_date_or_an_error_is_marked(text: str) -> None:
    assert (is_rewritten(text), mark(text)) == (True, f"'{text}")


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "7", "4711", "12345678901", "SKU-007", "A1", "5Z", "T100", "10x", "K7Q2-M9XA", "O-2345-6789", "E5"),
        *("4711_22", "maybe 5", "March", "true love", "#1", "192.0.2.7", "127.0.0.1", "::1", "2001:db8::7", "x@y.org"),
        *("The shopper called; it is 5.", "Mug – blue", "Zoë’s", "don't", "a = b", "50 off", "12 mugs"),  # noqa: RUF001
    ],
)
def test_what_stays_what_it_is_has_no_mark(text: str) -> None:
    assert mark(text) == text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("'s-Hertogenbosch", "''s-Hertogenbosch"),
        ("x;=1+1", "x;'=1+1"),
        ("x; \u200b+1;y", "x;' \u200b+1;y"),
        ('x;"=1+1', "x;'\"=1+1"),
        ("x\t@y", "x\t'@y"),
        ("two\n-lines", "two\n'-lines"),
        ("it;'s", "it;''s"),
    ],
)
def test_a_mark_stands_wherever_a_cell_can_begin_and_is_told_from_their_own(text: str, marked: str) -> None:
    assert (mark(text), unmark(marked)) == (marked, text)


@given(HOSTILE)
def test_whoever_takes_the_marks_away_has_the_text(text: str) -> None:
    assert unmark(mark(text)) == text


@given(HOSTILE)
def test_a_marked_text_is_neither_run_nor_rewritten(text: str) -> None:
    assert not is_formula(mark(text))
    assert not is_rewritten(mark(text))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(lines=st.lists(st.lists(HOSTILE, min_size=2, max_size=3), min_size=1, max_size=3))
def test_no_cell_is_alive_whatever_parts_the_cells(delimiter: str, lines: list[list[str]]) -> None:
    written = StringIO()
    marked = [[mark(text.replace("\r", "\n").replace("\x00", "")) for text in line] for line in lines]
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(marked)

    read = csv.reader(StringIO(written.getvalue(), newline=""), delimiter=delimiter)

    assert [cell for line in read for cell in line if is_alive(cell)] == []


def is_alive(cell: str) -> bool:
    """Tell, in other words than the code's, whether the first sign that is seen begins a formula."""
    seen = [each for each in cell if unicodedata.category(each)[0] in "LNPS"]
    return bool(seen) and unicodedata.normalize("NFKC", seen[0])[0] in "=+-@"
