"""HTTP over one open connection, as lean as can be: the driver shares its cores with what it measures."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

_ANSWER_SECONDS = 60.0
_CHUNK_BYTES = 65536
_OK = range(200, 300)


class Refused(Exception):
    """The server answered with an error; `status` says which."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:300].decode(errors='replace')}")
        self.status = status


class Line:
    """A connection that stays open from request to request, opened anew where the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = self._open()

    def __enter__(self) -> Self:
        """Use the connection for a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._socket.close()

    def ask(self, request: bytes) -> bytes:
        """Send a whole request; give the body of the answer.

        Raises:
            Refused: when its status is no success.
        """
        self._socket.sendall(request)
        head, body = self._read_head()
        status = int(head[9:12])
        lowered = head.lower()
        missing = _length(lowered) - len(body)
        while missing > 0:
            chunk = self._receive()
            body += chunk
            missing -= len(chunk)
        if b"\r\nconnection: close" in lowered:
            self._socket.close()
            self._socket = self._open()
        if status not in _OK:
            raise Refused(status, body)
        return body

    def _read_head(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    def _receive(self) -> bytes:
        chunk = self._socket.recv(_CHUNK_BYTES)
        if not chunk:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return chunk

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=_ANSWER_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened


def build_request(method: str, path: str, *, body: bytes = b"", token: str = "") -> bytes:
    """Put a request together, with a JSON body and a cart's token where there are any."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if not found:
        raise ValueError("the answer does not say how long it is")
    return int(rest.partition(b"\r\n")[0])
