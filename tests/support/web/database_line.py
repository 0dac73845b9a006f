"""A line to a database that can be made to hang, as a network or a failing server would."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url


class Line:
    """A TCP line to a database server; `hang()` makes everything on it wait, connections too."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._flowing = threading.Event()
        self._flowing.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """Let nothing through from now on."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let everything through again, what has waited first."""
        self._flowing.set()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()
        self._flowing.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        self._flowing.wait()
        with client, socket.create_connection(self._server) as server, selectors.DefaultSelector() as ends:
            ends.register(client, selectors.EVENT_READ, server)
            ends.register(server, selectors.EVENT_READ, client)
            with suppress(OSError):
                while self._pass_on(ends):
                    pass

    def _pass_on(self, ends: selectors.BaseSelector) -> bool:
        for key, _ in ends.select():
            self._flowing.wait()
            data = key.fileobj.recv(65536)  # type: ignore[union-attr]
            if not data:
                return False
            key.data.sendall(data)
        return True


@contextmanager
def line_to(database_url: str) -> Iterator[tuple[str, Line]]:
    """Give out a URL that reaches a database by a line that can be made to hang."""
    url = make_url(database_url)
    line = Line(url.host or "127.0.0.1", url.port or 5432)
    try:
        yield url.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False), line
    finally:
        line.close()
