"""A client that says what it is told, byte by byte, and reads what comes back."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import parse_headers

SECONDS_TO_ANSWER = 10


@dataclass(frozen=True)
class Said:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient(socket.socket):
    """A connection to a server on this machine, which takes so much at most before it is read, in bytes."""

    def __init__(self, port: int, *, takes_bytes: int | None = None) -> None:
        super().__init__()
        if takes_bytes:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
        self.settimeout(SECONDS_TO_ANSWER)
        self.connect(("127.0.0.1", port))
        self._answers = self.makefile("rb")

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        super().close()

    def read(self) -> Said:
        """Read one response, and nothing of what comes behind it."""
        _, status, _ = self._answers.readline().split(None, 2)
        headers = dict(parse_headers(self._answers).items())
        return Said(int(status), headers, self._answers.read(int(headers["Content-Length"])))

    def ask(self, request: bytes) -> Said:
        """Send a request and read the response."""
        self.sendall(request)
        return self.read()

    def drip(self, pieces: Iterable[bytes], *, every_seconds: float) -> Said:
        """Send pieces with pauses until the server says something, and read that."""
        for piece in pieces:
            self.sendall(piece)
            time.sleep(every_seconds)
            self.setblocking(False)
            try:
                if self.recv(1, socket.MSG_PEEK):
                    break
            except BlockingIOError:
                pass
            finally:
                self.settimeout(SECONDS_TO_ANSWER)
        return self.read()
