"""A `'` before whatever a spreadsheet would not take for text, since CSV itself cannot say what is text.

One goes before a formula, before what would be turned into another number or a date, and before a `'` that was there:
whoever takes one away wherever a cell can begin has the text back.
"""

from __future__ import annotations

import re
import unicodedata

MARK = "'"
_SIGNS = frozenset("=+-@\u2212\u2010")  # NFKC makes a superscript minus a mathematical one, a firm hyphen a soft one
# What is seen as a blank, or not at all, and is neither a separator nor a format to Unicode; and quotes, which a reader
# with another separator takes away.
_AS_GOOD_AS_BLANK = frozenset('"\u115f\u1160\u3164\uffa0\u2800')
# Where a semicolon parts cells, as in half of Europe, a comma between quoted cells ends none, and quotes behind it are
# letters: whatever a text has after one of these begins a cell of its own.
_CELL_ENDS = re.compile(r"([;\t\n])")

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_BETWEEN = r"[\s.,:/'\u2019-]"
_NUMBER_OR_DATE = re.compile(
    rf"[\s(+$-]*(?:{_MONTHS}{_BETWEEN}{{0,2}})?[.,]?\d+"
    rf"(?:{_BETWEEN}{{0,2}}{_MONTHS}(?:{_BETWEEN}{{0,2}}\d+)?|{_BETWEEN}{{1,2}}\d+|(?<=-\d\d)t\d\d)*"
    r"[.,]?(?:e[+-]?\d+)?(?:\s[ap]m?|(?<=\d\d)z)?[\s%)$-]*"
)
_KEPT_NUMBER = re.compile(r"0|[1-9][0-9]{0,10}")  # longer ones are shown, and saved again, as 8.71E+12
_NETWORK_ADDRESS = re.compile(r"(?!\d{1,3}(?:\.\d{3}){3}$)\d{1,3}(?:\.\d{1,3}){3}")  # but not 12.345.678.901
_TRUTH_OR_ERROR = re.compile(r"true|false|#(?:n/a|[a-z]+(?:/0)?[!?])")


def mark(text: str) -> str:
    """Keep a spreadsheet from running a text, and from turning it into something else; lines end in LF."""
    first, *others = _CELL_ENDS.split(text)
    is_marked = first.startswith(MARK) or is_formula(text) or is_rewritten(text)
    return (MARK if is_marked else "") + first + "".join(map(_mark_inside, others))


def _mark_inside(part: str) -> str:
    is_cell_end = _CELL_ENDS.fullmatch(part) is not None
    return MARK + part if not is_cell_end and (part.startswith(MARK) or is_formula(part)) else part


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet could run it: a sign of any width, behind whatever blanks; or a break in front."""
    if text.startswith(("\t", "\n", "\r")):
        return True
    first = next((each for each in text if not _is_blank(each)), "")
    return unicodedata.normalize("NFKC", first)[:1] in _SIGNS


def _is_blank(character: str) -> bool:
    return unicodedata.category(character)[0] in "CMZ" or character in _AS_GOOD_AS_BLANK


def is_rewritten(text: str) -> bool:
    """Tell whether a spreadsheet would make another number, a date, a truth or an error of it.

    Whole numbers of up to 11 digits stay what they are. Of the names of months only English ones are known.
    """
    if _KEPT_NUMBER.fullmatch(text):
        return False
    plain = text.casefold() if text.isascii() else _plain(text)
    if _NETWORK_ADDRESS.fullmatch(plain):
        return False
    return (_NUMBER_OR_DATE.fullmatch(plain) or _TRUTH_OR_ERROR.fullmatch(plain.strip())) is not None


def _plain(text: str) -> str:
    """Give a text as a spreadsheet reads numbers: digits of one width, nothing unseen, one sign for all currencies."""
    read = ((each, unicodedata.category(each)) for each in unicodedata.normalize("NFKC", text).casefold())
    return "".join("$" if category == "Sc" else each for each, category in read if category != "Cf")
