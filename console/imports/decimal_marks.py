"""Numbers as people and spreadsheets write them: `4.20`, `4,20`, `1,234.56`, `1.234,56`, `1 234`, `1'234.50`.

A number that can be only one is that one. `1.234` and `1,234` could be two, a thousandfold apart: which, the file's
other numbers tell, and where they do not, a person.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

POINT, COMMA = ".", ","
_GROUP_MARKS = re.compile(r"(?<=[0-9])[ '\u2019\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_PLAIN = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_ONE_MARK = re.compile(r"-?([0-9]{0,15})([.,])([0-9]{1,15})", re.ASCII)
_GROUPED = {
    COMMA: re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,15}|-?[0-9]{1,3}(?:\.[0-9]{3}){2,}", re.ASCII),
    POINT: re.compile(
        r"-?[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}\.[0-9]{1,15}|-?[0-9]{1,3}(?:,[0-9]{2,3})+,[0-9]{3}", re.ASCII
    ),
}
_THOUSAND = 3  # digits
_ASK = "say --decimal . or --decimal ,"


@dataclass(frozen=True)
class Evidence:
    """What a number says about its decimal mark: it is this one, or it may be either."""

    mark: str | None = None
    is_ambiguous: bool = False


def weigh(written: str) -> Evidence:
    """Tell what a number says about its decimal mark; what is no number, or has no mark, says nothing."""
    text = _GROUP_MARKS.sub("", written)
    for mark, grouped in _GROUPED.items():
        if grouped.fullmatch(text):
            return Evidence(mark)
    one = _ONE_MARK.fullmatch(text)
    if one is None:
        return Evidence()
    before, mark, after = one.groups()
    may_be_thousands = len(after) == _THOUSAND and 1 <= len(before) <= _THOUSAND and before[0] != "0"
    # Where blanks group the thousands, the mark does not.
    return Evidence(is_ambiguous=True) if may_be_thousands and text == written else Evidence(mark)


def plain(written: str, *, mark: str) -> str | None:
    """Write a number as digits with a point; None when it is none with this decimal mark."""
    text = _GROUP_MARKS.sub("", written)
    if _PLAIN.fullmatch(text):
        return text
    evidence = weigh(written)
    if evidence.mark != mark and not evidence.is_ambiguous:
        return None
    whole, _, part = text.replace(COMMA if mark == POINT else POINT, "").partition(mark)
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{digits or '0'}{'.' if part else ''}{part}"


@dataclass
class MarkSurvey:
    """What all the numbers of a file say about its decimal mark: how many of them, and where the first one stands."""

    marks: Counter[str] = field(default_factory=Counter)
    lines: dict[str, int] = field(default_factory=dict)
    ambiguous: tuple[int, str, str] | None = None

    def note(self, line: int, column: str, written: str) -> None:
        """Take a number into account."""
        if POINT not in written and COMMA not in written:
            return
        evidence = weigh(written)
        if evidence.is_ambiguous:
            self.ambiguous = self.ambiguous or (line, column, written)
        elif evidence.mark:
            self.marks[evidence.mark] += 1
            self.lines.setdefault(evidence.mark, line)

    @property
    def is_mixed(self) -> bool:
        """Tell whether some numbers have a point and some a comma."""
        return len(self.marks) > 1

    @property
    def mark(self) -> str:
        """Tell the decimal mark: the point, unless numbers have commas and none has a point."""
        return COMMA if COMMA in self.marks and not self.is_mixed else POINT

    @property
    def question(self) -> str | None:
        """Say what only a person can tell of the numbers, if there is anything."""
        if self.marks[COMMA] > self.marks[POINT] > 0:
            where = f"decimal commas (line {self.lines[COMMA]}) and points (line {self.lines[POINT]})"
            return f"the file has {where}: {_ASK}"
        if self.ambiguous and len(self.marks) != 1:
            line, column, written = self.ambiguous
            readings = " or ".join(str(plain(written, mark=mark)) for mark in (POINT, COMMA))
            return f"{column} {written!r} on line {line} could be {readings}: {_ASK}"
        return None
