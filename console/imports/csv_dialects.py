"""How a CSV file is written, as far as it can be told from the file itself: encoding, and what stands between cells.

The whole file is looked through for its encoding, in blocks: the first accent may stand on the last line. Nothing is
guessed where two encodings would both give letters; the file is refused then, and the person asked.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from console.imports.csv_files import DAMAGES, PLAIN, Dialect, UnreadableFile, open_binary, open_csv, unpacked

DELIMITERS = ",;\t|"
_BLOCK = 1 << 20  # bytes
_HEAD = 1 << 16  # characters of a file's start, for its header
_SAMPLE = 1 << 16  # bytes of lines with accents
_SHOWN = 40
_WESTERN = "cp1252"
_SUGGESTED = 3
_SAID = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, PLAIN.encoding),
)
_NAMES = {PLAIN.encoding: "UTF-8", _WESTERN: "Windows-1252", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_BETWEEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SIGNS_IN_WORDS = "\u2019·®©™°\xad"
_SIGNS_BEFORE_WORDS = "\u201a\u201e¿¡\u02c6\u02dc\xb8¨\xb4¯"  # low quotes, and accents without a letter
_BETWEEN_WORDS = re.compile(r"[\s,;|\"]+")
_WORDS_PER_ODD_ONE = 50
_LONGEST_RUN = 3  # letters with accents in a row, in a word of a Western language

Score = Callable[[Sequence[str]], int]


def detect_dialect(path: Path, *, score: Score, encoding: str | None = None, delimiter: str | None = None) -> Dialect:
    """Tell how a file is written; what the caller knows of it already is not looked for.

    `score` says how much a header's cells look like those that are needed.

    Raises:
        UnreadableFile: when it cannot be opened, or its encoding cannot be told or does not exist.
    """
    found = _known_encoding(encoding) if encoding else _detect_encoding(path)
    head = _read_head(path, found)
    said = _SAID.fullmatch(head.partition("\n")[0].partition("\r")[0].lstrip("\ufeff"))
    between = delimiter or (said[1] if said else _detect_delimiter(head, score))
    if said is None and _split(head, between) == []:
        between = PLAIN.delimiter
    return Dialect(found, between, is_said=said is not None)


def describe(dialect: Dialect) -> str:
    """Say in words how a file is written: `UTF-16, tabs between cells`."""
    encoding = _NAMES.get(dialect.encoding, dialect.encoding.upper())
    return f"{encoding}, {_BETWEEN.get(dialect.delimiter, repr(dialect.delimiter))} between cells"


def _known_encoding(name: str) -> str:
    try:
        known = codecs.lookup(name)
        io.TextIOWrapper(io.BytesIO(), encoding=known.name).close()
    except (LookupError, ValueError) as error:
        raise UnreadableFile(
            f"there is no encoding {name[:_SHOWN]!r}; among others are utf-8, cp1252, utf-16"
        ) from error
    return PLAIN.encoding if known.name == "utf-8" else known.name


def _read_head(path: Path, encoding: str) -> str:
    dialect = Dialect(encoding)
    with open_csv(path, dialect) as file:
        return file.head(_HEAD)


def _detect_delimiter(head: str, score: Score) -> str:
    """Find what splits the header into the most cells that are needed; without any, into the most cells."""

    def fitness(delimiter: str) -> tuple[int, int]:
        cells = _split(head, delimiter)
        return score(cells), len(cells)

    return max(DELIMITERS, key=fitness)


def _split(head: str, delimiter: str) -> list[str]:
    """Give the cells of the first line that has any."""
    try:
        for cells in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in cells):
                return cells
    except csv.Error:
        pass
    return []


def _detect_encoding(path: Path) -> str:
    with open_binary(path) as binary:
        raw = unpacked(binary)
        marked = _by_its_mark(raw)
        if marked:
            return marked
        found = _Bytes()
        for lines in _line_blocks(raw):
            if not lines.isascii():
                found.note(lines)
    return found.encoding()


def _by_its_mark(raw: IO[bytes]) -> str | None:
    """Tell the encoding by the file's first bytes: by its mark, or by the zeros that ASCII has in UTF-16."""
    try:
        start = raw.read(4)
    except DAMAGES as error:
        raise UnreadableFile("the file is cut off or damaged after line 0") from error
    raw.seek(0)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    zeros = [place for place, byte in enumerate(start) if byte == 0]
    return "utf-16-le" if zeros == [1, 3] else "utf-16-be" if zeros == [0, 2] else None


def _line_blocks(raw: IO[bytes]) -> Iterator[bytes]:
    """Give the file in blocks that end with a line, as far as it can be read; a huge line is cut."""
    rest = b""
    while True:
        try:
            block = raw.read(_BLOCK)
        except DAMAGES:
            block = b""  # told when the lines are read
        if not block:
            yield rest
            return
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if whole or newline:
            yield whole
        elif len(rest) > _BLOCK:
            yield rest
            rest = b""


@dataclass
class _Bytes:
    """The lines of a file that are not ASCII: how many are UTF-8, how many not, and some of those."""

    right: int = 0
    wrong: int = 0
    sample: bytearray = field(default_factory=bytearray)

    def note(self, lines: bytes) -> None:
        for line in lines.splitlines():
            if line.isascii():
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                self.wrong += 1
                if len(self.sample) < _SAMPLE:
                    self.sample += line[:_SAMPLE] + b"\n"
            else:
                self.right += 1

    def encoding(self) -> str:
        # Text in another encoding hardly ever is UTF-8 by accident: a few wrong lines among right ones are broken.
        if self.wrong <= self.right:
            return PLAIN.encoding
        if _is_western(bytes(self.sample)):
            return _WESTERN
        perhaps = [match.encoding for match in from_bytes(bytes(self.sample))][:_SUGGESTED]
        told = f" (perhaps {', '.join(perhaps)})" if perhaps else ""
        raise UnreadableFile(f"the file is not UTF-8, and its encoding cannot be told: say --encoding{told}")


def _is_western(sample: bytes) -> bool:
    """Tell whether it reads as words of Western Europe in Windows-1252, accents where those languages have them."""
    try:
        words = [word for word in _BETWEEN_WORDS.split(sample.decode(_WESTERN)) if not word.isascii()]
    except UnicodeDecodeError:
        return False
    odd = sum(not _is_western_word(word) for word in words)
    return odd * _WORDS_PER_ODD_ONE <= len(words)


def _is_western_word(word: str) -> bool:
    if len(word) > _LONGEST_RUN and not any(map(str.isascii, word)) and any(map(str.isalpha, word)):
        return False
    run = 0
    for before, letter, after in zip(" " + word, word, word[1:] + " ", strict=False):
        run = run + 1 if letter.isalpha() and not letter.isascii() else 0
        if run > _LONGEST_RUN or (not letter.isascii() and not _is_western_letter(before, letter, after)):
            return False
    return True


def _is_western_letter(before: str, letter: str, after: str) -> bool:
    """Tell whether a letter or sign of Windows-1252 may stand there: no capital in a word, no quote, no lone accent."""
    if letter.isalpha():
        return not (before.islower() and letter.isupper())
    if letter in _SIGNS_BEFORE_WORDS:
        return not before.isalpha()
    is_inside = before.isalpha() and after.isalpha()
    return not is_inside or letter in _SIGNS_IN_WORDS or unicodedata.category(letter) == "Pd"
