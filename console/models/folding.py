"""What spellings of a text have in common, in Python and in SQL: for finding, never for showing.

SQLite by itself knows the letters A to Z alone: each connection brings it functions of ours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

# As a class of characters: accents of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowels, what is
# invisible. Signs that make another letter stay: the voicing marks of Japanese, the vowels of Indian scripts.
_BESIDE = (
    r"\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u064b-\u065f"
    r"\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u2069\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
_LETTERS, _PLAIN = "\u00f8\u0142\u0111\u0131\u00f0\u0127\u03c2", "oldidh\u03c3"
_PAIRS = {"\u00df": "ss", "\u00e6": "ae", "\u0153": "oe", "\u00fe": "th"}
_INVISIBLE = re.compile(f"[{_BESIDE}]")
_TABLE = str.maketrans(dict(zip(_LETTERS, _PLAIN, strict=True)) | _PAIRS)


def fold(written: str) -> str:
    """Give what a text has in common with its other spellings.

    Case, accents, widths, blanks and invisible characters do not count: `Äpfel`, `apfel` and ` APFEL` are one.
    """
    if written.isascii():
        return " ".join(written.lower().split())
    letters = _INVISIBLE.sub("", unicodedata.normalize("NFKD", written))
    return " ".join(letters.lower().translate(_TABLE).split())


SQLITE_FUNCTIONS = {"checkout_fold": fold, "checkout_lower": str.lower}


class lowered(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """A column in small letters, of every alphabet."""

    type = Text()
    inherit_cache = True


class folded(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """A column as `fold` writes it; PostgreSQL can have an index on it."""

    type = Text()
    inherit_cache = True


@compiles(lowered, "sqlite")
def _lower_on_sqlite(element: lowered, compiler: Any, **how: Any) -> str:
    return f"checkout_lower({compiler.process(element.clauses, **how)})"


@compiles(lowered, "postgresql")
def _lower_on_postgresql(element: lowered, compiler: Any, **how: Any) -> str:
    return f"lower({compiler.process(element.clauses, **how)})"


@compiles(folded, "sqlite")
def _fold_on_sqlite(element: folded, compiler: Any, **how: Any) -> str:
    return f"checkout_fold({compiler.process(element.clauses, **how)})"


@compiles(folded, "postgresql")
def _fold_on_postgresql(element: folded, compiler: Any, **how: Any) -> str:
    # Only functions that are immutable, or there could be no index.
    written = f"normalize({compiler.process(element.clauses, **how)}, NFKD)"
    written = f"translate(lower(regexp_replace({written}, '[{_BESIDE}]', '', 'g')), '{_LETTERS}', '{_PLAIN}')"
    for letter, pair in _PAIRS.items():
        written = f"replace({written}, '{letter}', '{pair}')"
    return rf"btrim(regexp_replace({written}, '\s+', ' ', 'g'))"
