"""One request on its way in: its bytes so far, whether all are here, and until when they may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from console.flask_config import MAX_BODY_BYTES
from console.web.server.framing import (
    CRLF,
    HEAD_END,
    BodyEnd,
    ChunkedEnd,
    Head,
    LengthEnd,
    read_head,
    without_expectation,
)

LONGEST_HEAD_BYTES = 65536
KEPT_IN_MEMORY_BYTES = 65536
LEAST_BYTES_PER_SECOND = 4096
PROBES = tuple(f"{method} {path}".encode() for method in ("GET", "HEAD") for path in ("/livez", "/readyz"))


@dataclass(frozen=True)
class Patience:
    """How long a connection may be idle, a head take, and a body take that comes slower than the least rate."""

    idle_seconds: float = 75
    header_seconds: float = 10
    body_seconds: float = 30


class Arrival:
    """A request that arrives; give it what comes, until it is whole or refused.

    A body that the app would refuse for its announced length is not waited for: the app says so itself.
    """

    def __init__(self, patience: Patience, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.head = b""
        self.is_whole = False
        self.is_last = False  # of its connection: what follows cannot be told apart from its body
        self.refusal: HTTPStatus | None = None
        self.rest = b""  # what has come of the next request
        self._patience = patience
        self._clock = clock
        self._body_end: BodyEnd = LengthEnd(0)
        self._coming = bytearray()  # the head as long as it is not whole
        self._file: IO[bytes] = BytesIO()
        self._body_bytes = 0
        self._began_at: float | None = None
        self._body_began_at: float | None = None
        self._heard_at = clock()

    @property
    def is_silent(self) -> bool:
        """Whether nothing of it has come yet."""
        return self._began_at is None

    @property
    def due_at(self) -> float:
        """Until when the next bytes must have come, by the clock."""
        if self._began_at is None:
            return self._heard_at + (self._patience.idle_seconds or self._patience.header_seconds)
        if self._body_began_at is None:
            return self._began_at + self._patience.header_seconds
        keeps_up_until = self._body_began_at + self._body_bytes / LEAST_BYTES_PER_SECOND
        return min(
            max(self._body_began_at + self._patience.body_seconds, keeps_up_until),
            self._heard_at + self._patience.body_seconds,
        )

    @property
    def is_probe(self) -> bool:
        """Whether it is a probe of this process, and nothing more: a body could be there to hold its thread."""
        target = self.head.split(b" HTTP/", 1)[0].split(b"?", 1)[0]
        return self.is_whole and not self.is_last and not self._body_bytes and target in PROBES

    def take(self, data: bytes) -> bool:
        """Take the next bytes; tell whether the client now waits to be told to go on."""
        self._heard_at = self._clock()
        if self._began_at is None:
            self._began_at = self._heard_at
        return self._take_body(data) if self.head else self._take_head(data)

    def recv(self, size: int) -> bytes:
        """Hand out the next bytes of the whole request, as a socket would; after its end there is nothing."""
        return self._file.read(size)

    def close(self) -> None:
        """Let go of what has come."""
        self._file.close()

    def _take_head(self, data: bytes) -> bool:
        searched = len(self._coming)
        self._coming += data
        if self._coming.startswith(CRLF):  # old clients end a body with a line too many
            del self._coming[: len(CRLF)]
            searched = 0
        if not self._coming:
            self._began_at = None
        end = self._coming.find(HEAD_END, max(0, searched - len(HEAD_END)))
        if end < 0:
            self._judge_unfinished_head()
            return False
        self.head, rest = bytes(self._coming[: end + len(HEAD_END)]), bytes(self._coming[end + len(HEAD_END) :])
        self._coming.clear()
        return self._begin_body(read_head(self.head), rest)

    def _judge_unfinished_head(self) -> None:
        if self._coming.count(b"\n") != self._coming.count(CRLF):
            self._keep(bytes(self._coming))  # it never ends as heads do: gunicorn says what is wrong with it
            self._end(is_last=True)
        elif len(self._coming) > LONGEST_HEAD_BYTES:
            self.refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

    def _begin_body(self, head: Head, rest: bytes) -> bool:
        self._body_began_at = self._heard_at
        self._keep(without_expectation(self.head) if head.expects_continue else self.head)
        if not head.is_clear or (head.length or 0) > MAX_BODY_BYTES:
            self._end(is_last=True)
            return False
        self._body_end = ChunkedEnd() if head.length is None else LengthEnd(head.length)
        self._take_body(rest)
        return head.expects_continue and not rest and not self.is_whole

    def _take_body(self, data: bytes) -> bool:
        taken = self._body_end.take(data)
        self._body_bytes += taken
        if self._body_end.content_bytes > MAX_BODY_BYTES or self._body_bytes > 2 * MAX_BODY_BYTES:
            self.refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return False
        self._keep(data[:taken])
        if self._body_end.is_reached or self._body_end.is_broken:
            self.rest = data[taken:]
            self._end(is_last=self._body_end.is_broken)
        return False

    def _keep(self, data: bytes) -> None:
        kept = self._file
        if isinstance(kept, BytesIO) and kept.tell() + len(data) > KEPT_IN_MEMORY_BYTES:
            self._file = TemporaryFile()  # noqa: SIM115 - `close` does
            self._file.write(kept.getvalue())
        self._file.write(data)

    def _end(self, *, is_last: bool) -> None:
        self.is_whole, self.is_last = True, is_last
        self._file.seek(0)
