"""CSV files as they really come: plain or gzipped, with broken lines that must not take the good ones along.

Each line of a file is read by itself, so that one quote that is never closed costs one line, not the rest of the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unicodedata import category

LONGEST_LINE = 1_000_000  # characters
LONGEST_RECORD = 20  # lines that one quoted cell may stretch over
_GZIP_MAGIC = b"\x1f\x8b"
_NEWLINES = "\r\n"


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


class CsvFile:
    """A CSV file being read, from its start. `position` of `size` bytes tells how far it is."""

    def __init__(self, binary: IO[bytes], *, size: int) -> None:
        self._binary = binary
        self._text = _as_text(binary)
        self.size = size

    @property
    def position(self) -> int:
        """Tell how many bytes of the file were read."""
        return self._binary.tell()

    def records(self) -> Iterator[Record | BadLine]:
        """Read the lines in order; empty ones are left out.

        Raises:
            UnreadableFile: when the file is cut off or no longer readable.
        """
        lines = _NumberedLines(self._text)
        for number, line in lines:
            if len(line) > LONGEST_LINE:
                yield BadLine(number, f"longer than {LONGEST_LINE} characters")
            elif line.strip(_NEWLINES + " "):
                yield _parse(number, line, lines)


def _as_text(binary: IO[bytes]) -> io.TextIOWrapper:
    magic = binary.read(len(_GZIP_MAGIC))
    binary.seek(0)
    raw = gzip.GzipFile(fileobj=binary) if magic == _GZIP_MAGIC else binary
    # What is no UTF-8 shows as surrogates, in the cells that have it.
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


@contextmanager
def open_csv(path: Path) -> Iterator[CsvFile]:
    """Open a CSV file, gzipped or not.

    Raises:
        UnreadableFile: when it cannot be opened.
    """
    try:
        with path.open("rb") as binary:
            yield CsvFile(binary, size=path.stat().st_size)
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
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"the file is cut off or damaged after line {self._last}") from error
        return line


def _parse(number: int, line: str, lines: _NumberedLines) -> Record | BadLine:
    """Parse the record that begins with a line, together with the lines that a quoted cell of it goes on over."""
    taken: list[tuple[int, str]] = []
    while True:
        try:
            cells = next(csv.reader([line, *(more for _, more in taken)], strict=True))
        except csv.Error as error:
            is_unfinished = "unexpected end of data" in str(error)
            more = lines.next() if is_unfinished and len(taken) < LONGEST_RECORD else None
            if more is None:
                lines.put_back(taken)
                return BadLine(number, "a quote is never closed" if is_unfinished else f"no CSV: {error}")
            taken.append(more)
        else:
            is_text = all(map(_is_text, cells))
            return Record(number, cells) if is_text else BadLine(number, "not UTF-8, or with control characters")


def _is_text(cell: str) -> bool:
    if cell.isprintable():
        return True
    return all(category(letter) not in ("Cc", "Cs") or letter in "\t\r\n" for letter in cell)
