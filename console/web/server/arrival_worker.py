"""gunicorn's threaded worker, whose threads get whole requests only, and never wait for a client.

The main loop reads what arrives on all connections, and sends on what has not been read yet, so that a slow client
costs a connection and no thread. The orchestrator's probes have threads of their own: a database that hangs takes every
ordinary thread with it, and it must still be heard that this process lives and is not ready.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from console.telemetry.occupancy import occupancy
from console.web.server.arrival import Arrival, Patience
from console.web.server.patient_socket import PatientSocket

PROBE_THREADS = 2
READ_BYTES = 65536
LOOK_EVERY_SECONDS = 0.25
# A client that is still sending is read for a moment after the answer: otherwise the network throws the answer away.
FAREWELL_SECONDS = 2.0
MOST_FAREWELL_BYTES = 1024 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Caller(TConn):
    """A connection of a client. Its parser reads from the arrival, which has the whole request already."""

    def __init__(self, cfg: Any, accepted: socket.socket, address: Any, server: Any, patience: Patience) -> None:
        super().__init__(cfg, PatientSocket(accepted, seconds=patience.body_seconds), address, server)
        self.patience = patience
        self.arrival = Arrival(patience)
        self.parser = get_parser(cfg, self, address)
        self.initialized = True
        self.is_kept = False  # after the response
        self.due_at = 0.0
        self.farewell_bytes = 0

    def recv(self, size: int) -> bytes:
        """Hand out the next bytes of the request."""
        return self.arrival.recv(size)

    def await_next(self) -> bytes:
        """Begin to wait for the next request; hand out what has come of it already."""
        rest = self.arrival.rest
        self.arrival.close()
        self.arrival = Arrival(self.patience)
        return rest

    def has_misread(self) -> bool:
        """Tell whether the parser has seen another end of the request than the arrival."""
        return bool(self.arrival.is_last or self.parser.unreader.buf.getvalue() or self.arrival.recv(1))


class ArrivalWorker(ThreadWorker):
    """A `gthread` worker that reads requests ahead. With TLS of its own it cannot: let a proxy do that."""

    patience = Patience()

    def init_process(self) -> None:
        """Make the probes' threads, after the fork, and start serving."""
        self.probe_pool = ThreadPoolExecutor(max_workers=PROBE_THREADS, thread_name_prefix="probe")
        self.arriving: dict[Caller, None] = {}  # and below: who has waited longest comes first
        self.sending: dict[Caller, None] = {}
        self.leaving: dict[Caller, None] = {}
        self._look_at = self._stop_at = 0.0
        occupancy.staff(self.cfg.threads)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection in, in the place of the one that has waited longest where there are too many."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            accepted, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no file is left for it
            self._make_room()
            return
        self.nr_conns += 1
        self._await_request(Caller(self.cfg, accepted, address, listener.getsockname(), self.patience))
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def handle(self, conn: Any) -> Any:
        """Serve a request, in a thread."""
        with occupancy.serving():
            return super().handle(conn)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Send the end of the response on, and wait for the next request; in the main loop."""
        if not isinstance(conn, Caller):
            super().finish_request(conn, fs)
            return
        if conn.sock.fileno() < 0:  # a response that broke off midway has closed it
            self._drop(conn)
            return
        conn.is_kept = not fs.cancelled() and not fs.exception() and bool(fs.result()) and not conn.has_misread()
        if conn.sock.unsent:
            conn.due_at = time.monotonic() + self.patience.body_seconds
            self._wait(self.sending, conn, EVENT_WRITE, self._send_on)
        else:
            self._go_on(conn)

    def murder_pending(self) -> None:
        """Look, now and then, whose time is over."""
        super().murder_pending()
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_SECONDS
        if not self.alive and not self._stop_at:
            self._stop_at = now + FAREWELL_SECONDS
        for conn in [*self.sending, *self.leaving]:
            if conn.due_at <= now:
                self._drop(conn)
        late = [conn for conn in self.arriving if self._due_at(conn) <= now]
        for conn in late:
            if conn.arrival.is_silent:
                self._drop(conn)
            else:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
        if told := sum(not conn.arrival.is_silent for conn in late):
            self.log.warning("408 for %s whose request came too slowly", "a client" if told == 1 else f"{told} clients")

    def _due_at(self, conn: Caller) -> float:
        """Tell until when a connection may wait; one that has said nothing not for long once the worker stops."""
        due_at = conn.arrival.due_at
        return min(due_at, self._stop_at) if self._stop_at and conn.arrival.is_silent else due_at

    def _wait(self, group: dict[Caller, None], conn: Caller, event: int, call: Any) -> None:
        group[conn] = None
        self.poller.register(conn.sock, event, partial(call, conn))

    def _stop_waiting(self, conn: Caller) -> None:
        for group in (self.arriving, self.sending, self.leaving):
            if conn in group:
                del group[conn]
                self.poller.unregister(conn.sock)

    def _drop(self, conn: Caller) -> None:
        """Close a connection, whatever it waits for."""
        self._stop_waiting(conn)
        conn.arrival.close()
        conn.close()
        self.nr_conns -= 1

    def _make_room(self) -> None:
        if longest := next(iter(self.leaving or self.arriving or self.sending), None):
            self._drop(longest)

    def _await_request(self, conn: Caller) -> None:
        self._wait(self.arriving, conn, EVENT_READ, self._read_on)

    def _read_on(self, conn: Caller, _sock: Any) -> None:
        data = _received(conn)
        if data is None:
            return
        if data:
            self._take(conn, data)
        else:
            self._drop(conn)

    def _take(self, conn: Caller, data: bytes) -> None:
        try:
            if conn.arrival.take(data):
                conn.sock.sendall(CONTINUE)
        except OSError:  # the client is gone, or the disk is full
            self._refuse(conn, HTTPStatus.SERVICE_UNAVAILABLE)
            return
        if conn.arrival.refusal:
            self._refuse(conn, conn.arrival.refusal)
        elif conn.arrival.is_whole:
            self._stop_waiting(conn)
            self._serve(conn)

    def _serve(self, conn: Caller) -> None:
        if conn.arrival.is_probe:
            future = self.probe_pool.submit(super().handle, conn)
        else:
            future = self.tpool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _send_on(self, conn: Caller, _sock: Any) -> None:
        left = len(conn.sock.unsent)
        try:
            still_left = conn.sock.send_on()
        except OSError:
            self._drop(conn)
            return
        if not still_left:
            self._stop_waiting(conn)
            self._go_on(conn)
        elif still_left < left:
            conn.due_at = time.monotonic() + self.patience.body_seconds

    def _go_on(self, conn: Caller) -> None:
        """Wait for the next request of a connection that is kept; see the others off."""
        if not conn.is_kept:
            self._see_off(conn)
            return
        rest = conn.await_next()
        self._await_request(conn)
        if rest:
            self._take(conn, rest)

    def _refuse(self, conn: Caller, status: HTTPStatus) -> None:
        """Say why a request is not waited for, as far as the client listens, and see it off."""
        self._stop_waiting(conn)
        text = f"{status.phrase}\n"
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        with suppress(OSError):
            conn.sock.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
        self._see_off(conn)

    def _see_off(self, conn: Caller) -> None:
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.due_at = time.monotonic() + FAREWELL_SECONDS
        self._wait(self.leaving, conn, EVENT_READ, self._read_farewell)

    def _read_farewell(self, conn: Caller, _sock: Any) -> None:
        data = _received(conn)
        if data is None:
            return
        conn.farewell_bytes += len(data)
        if not data or conn.farewell_bytes > MOST_FAREWELL_BYTES:
            self._drop(conn)


def _received(conn: Caller) -> bytes | None:
    """Read what has come; nothing when the caller is gone, None when there is nothing to read after all."""
    try:
        data: bytes = conn.sock.recv(READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    return data
