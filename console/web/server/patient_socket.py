"""A socket that waits for no reader: what cannot be sent at once is kept, and sent when the client is ready."""

from __future__ import annotations

import errno
import selectors
import socket
from typing import Any

MOST_UNSENT_BYTES = 1024 * 1024


class PatientSocket(socket.socket):
    """A connection to a client, never blocking.

    Only a response that is far ahead of its reader makes its thread wait, `seconds` at most without any progress.
    """

    def __init__(self, accepted: socket.socket, *, seconds: float) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        super().setblocking(False)
        self.unsent = bytearray()
        self._seconds = seconds

    def setblocking(self, _flag: bool) -> None:  # noqa: FBT001 - the standard library's own
        """Stay as it is: gunicorn asks its threads' sockets to block."""

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Send what can be sent, and keep the rest.

        Raises: OSError when the client is gone, or has read nothing for too long.
        """
        self.unsent += data
        while self.send_on() > MOST_UNSENT_BYTES:
            self._wait_for_reader()

    def send_on(self) -> int:
        """Send as much of what is kept as the client takes now; tell how much is left, in bytes.

        Raises: OSError when the client is gone.
        """
        try:
            while self.unsent:
                del self.unsent[: self.send(self.unsent)]
        except BlockingIOError:
            pass
        return len(self.unsent)

    def _wait_for_reader(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_WRITE)
            if not selector.select(self._seconds):
                self.unsent.clear()
                raise BrokenPipeError(errno.EPIPE, "the client does not read")
