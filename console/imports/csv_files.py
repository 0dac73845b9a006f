"""CSV files as they really come: plain or gzipped, with broken lines that must not take the good ones along.

Each line of a file is read by itself, so that one quote that is never closed costs one line, not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from console.models.text import is_text

LONGEST_LINE = 1_000_000  # characters
LONGEST_RECORD = 1_000  # lines that one record may stretch over: other shops' descriptions are long
_GZIP_MAGIC = b"\x1f\x8b"
_BLANKS_OF_LINES = str.maketrans("\r\n\t", "   ")
DAMAGES = (EOFError, zlib.error, gzip.BadGzipFile)
_NO_LETTER = "console.no_letter"

# What its encoding does not know shows as a lone surrogate, in the cells that have it. `surrogateescape` is not enough:
# it gives up on what is no UTF-16.
codecs.register_error(_NO_LETTER, lambda error: ("\udcff", getattr(error, "end", 0)))


class UnreadableFile(Exception):
    """A file that cannot be read, or not to its end."""


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be used: its number in the file, from 1, and why."""

    number: int
    reason: str


@dataclass(frozen=True)
class Record:
    """The cells of one line, by its number in the file."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Dialect:
    """How a file is written: its encoding, what stands between cells, and whether line 1 says so (`sep=;`)."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    is_said: bool = False


PLAIN = Dialect()


class CsvFile:
    """A CSV file being read, from its start. `position` of `size` bytes tells how far it is."""

    def __init__(self, binary: IO[bytes], *, size: int, dialect: Dialect = PLAIN) -> None:
        self._binary = binary
        self._text = io.TextIOWrapper(unpacked(binary), encoding=dialect.encoding, errors=_NO_LETTER, newline="")
        self._dialect = dialect
        self.size = size

    @property
    def position(self) -> int:
        """Tell how many bytes of the file were read."""
        return self._binary.tell()

    def head(self, characters: int) -> str:
        """Read the start of the file, as far as it can be read; its records are not read after it."""
        lines, length = [], 0
        try:
            while length < characters and (line := self._text.readline(characters)):
                lines.append(line)
                length += len(line)
        except DAMAGES:
            pass  # told when its records are read
        return "".join(lines)

    def records(self) -> Iterator[Record | BadLine]:
        """Read the lines in order; empty ones are left out.

        Raises:
            UnreadableFile: when the file is cut off or no longer readable.
        """
        lines = _NumberedLines(self._text)
        if self._dialect.is_said:
            lines.next()
        for number, line in lines:
            if len(line) > LONGEST_LINE:
                yield BadLine(number, f"longer than {LONGEST_LINE} characters")
            elif line.strip():
                yield _parse(number, line, lines, self._dialect)


def unpacked(binary: IO[bytes]) -> IO[bytes]:
    """Give what a file holds, unpacked where it is gzipped."""
    magic = binary.read(len(_GZIP_MAGIC))
    binary.seek(0)
    return gzip.GzipFile(fileobj=binary) if magic == _GZIP_MAGIC else binary  # type: ignore[return-value]


@contextmanager
def open_csv(path: Path, dialect: Dialect = PLAIN) -> Iterator[CsvFile]:
    """Open a CSV file, gzipped or not.

    Raises:
        UnreadableFile: when it cannot be opened.
    """
    with open_binary(path) as binary:
        yield CsvFile(binary, size=path.stat().st_size, dialect=dialect)


@contextmanager
def open_binary(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for its bytes.

    Raises:
        UnreadableFile: when it cannot be opened.
    """
    try:
        with path.open("rb") as binary:
            yield binary
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}") from error


class _NumberedLines:
    """The lines of a text with their numbers; one can be put back to be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._waiting: list[tuple[int, str]] = []
        self._last = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while (numbered := self.next()) is not None:
            yield numbered

    def next(self) -> tuple[int, str] | None:
        """Give the next line; None at the end of the text."""
        if self._waiting:
            return self._waiting.pop()
        line = self._read()
        if not line:
            return None
        self._last += 1
        return self._last, line

    def put_back(self, numbered: list[tuple[int, str]]) -> None:
        """Have these lines read again, in their order."""
        self._waiting.extend(reversed(numbered))

    def _read(self) -> str:
        try:
            line = self._text.readline(LONGEST_LINE + 1)
            rest = line
            while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
                rest = self._text.readline(LONGEST_LINE + 1)  # the rest of a line too long is dropped
        except DAMAGES as error:
            raise UnreadableFile(f"the file is cut off or damaged after line {self._last}") from error
        return line


def _parse(number: int, line: str, lines: _NumberedLines, dialect: Dialect) -> Record | BadLine:
    """Parse the record that begins with a line, together with the lines that a quoted cell of it goes on over."""
    taken: list[tuple[int, str]] = []
    while True:
        try:
            cells = next(csv.reader([line, *(more for _, more in taken)], delimiter=dialect.delimiter, strict=True))
        except csv.Error as error:
            is_unfinished = "unexpected end of data" in str(error)
            if is_unfinished and _take_more(line, taken, lines):
                continue
            lines.put_back(taken)
            is_open = is_unfinished or bool(taken)
            return BadLine(number, "a quote is never closed" if is_open else f"no CSV: {error}")
        is_readable = all(map(_is_text, cells))
        return Record(number, cells) if is_readable else BadLine(number, _not_text(dialect))


def _take_more(line: str, taken: list[tuple[int, str]], lines: _NumberedLines) -> bool:
    """Take the lines up to the next one that may close a quote; tell whether there is one, not too far away."""
    length = len(line) + sum(len(more) for _, more in taken)
    while len(taken) < LONGEST_RECORD and length <= LONGEST_LINE and (more := lines.next()) is not None:
        taken.append(more)
        length += len(more[1])
        if '"' in more[1]:
            return True
    return False


def _is_text(cell: str) -> bool:
    return cell.isprintable() or is_text(cell.translate(_BLANKS_OF_LINES))


def _not_text(dialect: Dialect) -> str:
    encoding = "UTF-8" if dialect.encoding == PLAIN.encoding else dialect.encoding
    return f"not {encoding}, or with control characters"
