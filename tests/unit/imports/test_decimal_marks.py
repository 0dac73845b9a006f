"""Numbers as people and spreadsheets write them, and what they say about their decimal mark."""

from __future__ import annotations

import pytest

from console.imports.decimal_marks import COMMA, POINT, MarkSurvey, plain


@pytest.mark.parametrize(
    ("written", "with_point", "with_comma"),
    [
        ("420", "420", "420"),
        ("-3", "-3", "-3"),
        ("4.20", "4.20", None),
        ("4,20", None, "4.20"),
        ("0.500", "0.500", None),
        ("1.234", "1.234", "1234"),
        ("1,234", "1234", "1.234"),
        ("-1,234", "-1234", "-1.234"),
        ("1234.567", "1234.567", None),
        ("1,234.56", "1234.56", None),
        ("1.234,56", None, "1234.56"),
        ("1.234.567", None, "1234567"),
        ("1,234,567", "1234567", None),
        ("12,34,567.50", "1234567.50", None),
        ("1 234,50", None, "1234.50"),
        ("1\u00a0234\u202f567,50", None, "1234567.50"),
        ("1'234.50", "1234.50", None),
        ("1\u2019234", "1234", "1234"),
        ("1 234,567", None, "1234.567"),
        (".5", "0.5", None),
        ("5.", None, None),
        ("1,23,45", None, None),
        ("1.234.56", None, None),
        ("1 23", None, None),
        ("4.2E+01", None, None),
        ("\u0664", None, None),
        ("GBP 4", None, None),
        ("", None, None),
    ],
)
def test_a_number_is_read_by_its_decimal_mark(written: str, with_point: str | None, with_comma: str | None) -> None:
    assert (plain(written, mark=POINT), plain(written, mark=COMMA)) == (with_point, with_comma)


def survey(*numbers: str) -> MarkSurvey:
    found = MarkSurvey()
    for line, written in enumerate(numbers, start=2):
        found.note(line, "unit_price", written)
    return found


@pytest.mark.parametrize(
    ("numbers", "mark"),
    [
        ((), POINT),
        (("5", "7"), POINT),
        (("1,234", "4.20"), POINT),
        (("1.234", "4,20"), COMMA),
        (("1.234", "1.234.567"), COMMA),
        (("4.20", "4,20"), POINT),
    ],
)
def test_the_other_numbers_of_a_file_tell_its_mark(numbers: tuple[str, ...], mark: str) -> None:
    assert (survey(*numbers).mark, survey(*numbers).question) == (mark, None)


@pytest.mark.parametrize(
    ("numbers", "question"),
    [
        (("1.234", "5"), "unit_price '1.234' on line 2 could be 1.234 or 1234: say --decimal . or --decimal ,"),
        (("5", "1,234"), "unit_price '1,234' on line 3 could be 1234 or 1.234: say --decimal . or --decimal ,"),
        (("4.20", "4,20", "1,234"), "unit_price '1,234' on line 4 could be 1234 or 1.234"),
        (("4.20", "4,20", "5,20"), "decimal commas (line 3) and points (line 2): say --decimal . or --decimal ,"),
    ],
)
def test_what_only_a_person_can_tell_is_asked(numbers: tuple[str, ...], question: str) -> None:
    assert question in (survey(*numbers).question or "")
