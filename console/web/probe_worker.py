"""gunicorn's threaded worker, with threads of its own for /livez and /readyz.

A database that hangs takes every ordinary thread with it; the orchestrator must still hear that this process lives
and is not ready. So a connection is looked at, in the main loop, before a thread is chosen for it.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

PROBE_THREADS = 2
PROBES = tuple(f"{method} {path}".encode() for method in ("GET", "HEAD") for path in ("/livez", "/readyz"))
LONGEST_PROBE_BYTES = 4096


class ProbeThreadWorker(ThreadWorker):
    """A `gthread` worker whose probes are answered even when all its threads are busy."""

    def init_process(self) -> None:
        """Make the probes' threads, after the fork, and start serving."""
        self.probe_pool = ThreadPoolExecutor(max_workers=PROBE_THREADS, thread_name_prefix="probe")
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Choose the threads for a connection; one that has said nothing yet waits in the poller."""
        if not conn.initialized and not conn.data_ready:
            self._wait_for_words(conn)
        elif is_probe(conn.sock):
            future = self.probe_pool.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        else:
            super().enqueue_req(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """Close, when stopping, the connections that say nothing by the deadline too."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _wait_for_words(self, conn: Any) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


def is_probe(connection: socket.socket) -> bool:
    """Tell, without taking anything from the connection, whether its next request is a whole probe.

    One that is still incomplete, or announces a body, could hold a probe's thread: it gets an ordinary one.
    """
    try:
        head = connection.recv(LONGEST_PROBE_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):  # nothing there yet; or TLS, which cannot be looked into
        return False
    target = head.split(b" HTTP/", 1)[0].split(b"?", 1)[0]
    is_whole = head.endswith(b"\r\n\r\n") and head.count(b"\r\n\r\n") == 1
    lowered = head.lower()
    has_body = b"\r\ncontent-length:" in lowered or b"\r\ntransfer-encoding:" in lowered
    return target in PROBES and is_whole and not has_body
