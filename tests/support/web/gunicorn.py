"""The shop as it runs in production: gunicorn's processes on a port of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.support.installation import environment
from tests.support.processes import Program, start_program

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Server:
    """A running server; `pid` is its master process, whose children are the workers."""

    port: int
    pid: int

    def ask(self, method: str, path: str, *, body: Any = None, **headers: str) -> Answer:
        """Send one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, body=data, headers=sent | {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), json.loads(response.read()))
        finally:
            connection.close()


@contextmanager
def serve(database_url: str, folder: Path, *, workers: int, **settings: str) -> Iterator[Server]:
    """Run gunicorn on a database until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"PORT": str(port), "WEB_CONCURRENCY": str(workers)} | settings
    environ = {"PATH": os.environ["PATH"]} | environment(database_url, folder, **settings)
    log = folder / "gunicorn.log"
    process = start_program("gunicorn", "-c", "gunicorn.conf.py", "wsgi:app", environ=environ, log=log)
    try:
        server = Server(port, process.pid)
        _wait_until_it_answers(process, server, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_it_answers(process: Program, server: Server, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException):
            if server.ask("GET", "/livez").status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))
