"""Where a request ends: as much of HTTP/1.1 as it takes to know that all of it is here; gunicorn says what it means.

Where the two might not agree, a request is not `clear`: it is the last of its connection, so that no second one can be
smuggled in its body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

CRLF = b"\r\n"
HEAD_END = CRLF + CRLF
LONGEST_LENGTH = 18  # digits; more than any body has
LONGEST_LINE_BYTES = 4096
LONGEST_TRAILERS_BYTES = 16384
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,12}")


@dataclass(frozen=True)
class Head:
    """What a head says of the body behind it: its length, None when it comes in chunks; whether that is clear."""

    length: int | None = 0
    is_clear: bool = True
    expects_continue: bool = False


def read_head(head: bytes) -> Head:
    """Read what tells where the body ends, and whether the client waits to be told to go on."""
    request_line, *lines = head.split(CRLF)
    found: dict[bytes, list[bytes]] = {b"content-length": [], b"transfer-encoding": [], b"expect": []}
    for line in lines:
        name, _, value = line.partition(b":")
        found.get(name.lower(), []).append(value.strip(b" \t").lower())
    lengths, codings, expectations = found.values()
    expects = expectations == [b"100-continue"] and request_line.endswith(b"HTTP/1.1")
    if not lengths and not codings:
        return Head(0)
    if not codings and len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) <= LONGEST_LENGTH:
        return Head(int(lengths[0]), expects_continue=expects)
    if not lengths and codings == [b"chunked"]:
        return Head(None, expects_continue=expects)
    return Head(0, is_clear=False)


def without_expectation(head: bytes) -> bytes:
    """Take the line out that asks to be told to go on: who has been told must not be told again."""
    return CRLF.join(line for line in head.split(CRLF) if line.partition(b":")[0].lower() != b"expect")


class BodyEnd(Protocol):
    """Follows a body to its end, however it is cut into pieces."""

    content_bytes: int
    is_reached: bool
    is_broken: bool

    def take(self, data: bytes) -> int:
        """Follow the next piece; tell how much of it belongs to the body."""


class LengthEnd:
    """Follows a body whose length was told."""

    is_broken = False

    def __init__(self, length: int) -> None:
        self.content_bytes = 0
        self._length = length
        self.is_reached = not length

    def take(self, data: bytes) -> int:
        """Follow the next piece; tell how much of it belongs to the body."""
        taken = min(len(data), self._length - self.content_bytes)
        self.content_bytes += taken
        self.is_reached = self.content_bytes == self._length
        return taken


class ChunkedEnd:
    """Follows a body that comes in chunks; broken is what gunicorn will refuse."""

    def __init__(self) -> None:
        self.content_bytes = 0
        self.is_reached = self.is_broken = False
        self._line = bytearray()
        self._chunk_left = 0  # with the line's end behind it
        self._trailers_bytes: int | None = None  # None until the last chunk

    def take(self, data: bytes) -> int:
        """Follow the next piece; tell how much of it belongs to the body."""
        taken = 0
        while taken < len(data) and not self.is_reached and not self.is_broken:
            taken += self._take_chunk(len(data) - taken) if self._chunk_left else self._take_line(data, taken)
        return taken

    def _take_chunk(self, available: int) -> int:
        taken = min(available, self._chunk_left)
        self._chunk_left -= taken
        return taken

    def _take_line(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start) + 1
        piece = data[start : end or len(data)]
        self._line += piece
        if len(self._line) > LONGEST_LINE_BYTES:
            self.is_broken = True
        elif end:
            self._read_line(bytes(self._line))
            self._line.clear()
        return len(piece)

    def _read_line(self, line: bytes) -> None:
        if not line.endswith(CRLF):
            self.is_broken = True
        elif self._trailers_bytes is None:
            self._read_size(line.removesuffix(CRLF).partition(b";")[0].rstrip(b" \t"))
        else:
            self._trailers_bytes += len(line)
            self.is_reached = line == CRLF
            self.is_broken = self._trailers_bytes > LONGEST_TRAILERS_BYTES

    def _read_size(self, size: bytes) -> None:
        if not CHUNK_SIZE.fullmatch(size):
            self.is_broken = True
        elif length := int(size, 16):
            self.content_bytes += length
            self._chunk_left = length + len(CRLF)
        else:
            self._trailers_bytes = 0
