"""gunicorn as it runs: clients that send or read slowly, or not at all, cost a connection and keep nobody waiting."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

import pytest

from console.testing.databases import PreparedDatabase
from tests.support.places import ROOT
from tests.support.web.gunicorn import Server, serve
from tests.support.web.raw_client import RawClient, Said

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_A_BODY = (
    b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
)
PAGE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SCRIPT = b"GET /static/vendor/htmx-2.0.11.min.js HTTP/1.1\r\nHost: x\r\n\r\n"
MISSING = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
CONNECTIONS = 40


def post(body: bytes, *, headers: bytes = b"") -> bytes:
    """Write a request for a new cart."""
    length = b"" if b"Transfer-Encoding" in headers else b"Content-Length: %d\r\n" % len(body)
    head = b"POST /api/v1/carts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return head + length + headers + b"\r\n" + body


def ask(server: Server, request: bytes) -> Said:
    """Ask on a connection of its own."""
    with RawClient(server.port) as client:
        return client.ask(request)


@pytest.fixture(scope="module")
def impatient(prepared_sqlite: PreparedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a shop that waits a second for its clients."""
    folder = tmp_path_factory.mktemp("impatient")
    times = {"CHECKOUT_HEADER_TIMEOUT": "1", "CHECKOUT_BODY_TIMEOUT": "1", "GUNICORN_KEEPALIVE": "3"}
    few = f"--worker-connections {CONNECTIONS}"
    url = prepared_sqlite.fresh(folder)
    with serve(url, folder, workers=1, WEB_THREADS="2", GUNICORN_CMD_ARGS=few, **times) as server:
        yield server


@pytest.mark.databases("sqlite")
def test_a_shop_answers_while_hundreds_of_requests_are_half_sent(database_url: str, tmp_path: Path) -> None:
    with serve(database_url, tmp_path, workers=1) as server, ExitStack() as held:
        for half in [HALF_A_HEAD] * 132 + [HALF_A_BODY] * 132:
            held.enter_context(RawClient(server.port)).sendall(half)

        assert ask(server, PAGE).status == 200
        assert ask(server, post(b"{}")).status == 201
        assert server.ask("GET", "/readyz").status == 200


def test_a_head_that_drips_is_told_that_it_is_late(impatient: Server) -> None:
    with RawClient(impatient.port) as client:
        client.sendall(HALF_A_HEAD)

        said = client.drip(repeat(b"x"), every_seconds=0.2)

        assert (said.status, said.headers["Connection"]) == (408, "close")
        assert client.recv(1) == b""


def test_a_body_that_drips_is_told_that_it_is_late(impatient: Server) -> None:
    with RawClient(impatient.port) as client:
        client.sendall(HALF_A_BODY)

        assert client.drip(repeat(b" "), every_seconds=0.2).status == 408


def test_a_slow_body_that_keeps_up_the_least_rate_is_served(impatient: Server) -> None:
    body = b"{" + b" " * 40_000 + b"}"
    request = post(body)
    pieces = [request[start : start + 5000] for start in range(0, len(request), 5000)]

    with RawClient(impatient.port) as client:
        assert client.drip(pieces, every_seconds=0.3).status == 201


def test_a_connection_that_says_nothing_is_closed_without_a_word(impatient: Server) -> None:
    with RawClient(impatient.port) as client:
        assert client.recv(1) == b""


def test_a_connection_is_good_for_many_requests_sent_one_by_one_or_at_once(impatient: Server) -> None:
    with RawClient(impatient.port) as client:
        assert client.ask(MISSING).status == 404
        assert client.ask(post(b"{}")).status == 201

        client.sendall(MISSING + post(b"{}") + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + HALF_A_HEAD)
        assert [client.read().status for _ in range(3)] == [404, 201, 200]
        assert client.ask(b"x\r\n\r\n").status == 200


@pytest.mark.parametrize("padding", [0, 1_500_000], ids=["small", "large"])
def test_a_body_in_chunks_is_read_whole(impatient: Server, padding: int) -> None:
    halves = b'{"currency": ' + b" " * padding, b'"EUR"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in (*halves, b""))

    said = ask(impatient, post(chunks, headers=b"Transfer-Encoding: chunked\r\n"))

    assert (said.status, json.loads(said.body)["currency"]) == (201, "EUR")


def test_a_client_that_asks_whether_to_go_on_is_told_so_once(impatient: Server) -> None:
    head = post(b"", headers=b"Expect: 100-continue\r\n").replace(b"Content-Length: 0", b"Content-Length: 2")
    with RawClient(impatient.port) as client:
        client.sendall(head)
        go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert client.recv(len(go_on)) == go_on

        client.sendall(b"{}")

        assert client.recv(13) == b"HTTP/1.1 201 "


def test_a_body_that_is_announced_too_large_is_refused_by_the_app_before_it_comes(impatient: Server) -> None:
    said = ask(impatient, post(b"").replace(b"Content-Length: 0", b"Content-Length: 3000000"))

    assert said.status == 413
    assert json.loads(said.body)["error"]


def test_who_reads_nothing_keeps_no_thread_waiting(impatient: Server) -> None:
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(RawClient(impatient.port, takes_bytes=4096)).sendall(SCRIPT * 100)

        assert [ask(impatient, MISSING).status for _ in range(100)] == [404] * 100  # each lets some of theirs pass


def test_who_reads_late_still_gets_everything(impatient: Server) -> None:
    with RawClient(impatient.port) as client:
        client.sendall(SCRIPT * 100)

        scripts = [client.read().body for _ in range(100)]

    assert scripts == [(ROOT / "static/vendor/htmx-2.0.11.min.js").read_bytes()] * 100


def test_who_does_not_hang_up_after_the_last_answer_keeps_nobody_waiting(impatient: Server) -> None:
    with ExitStack() as held:
        clients = [held.enter_context(RawClient(impatient.port)) for _ in range(CONNECTIONS - 5)]
        for client in clients:
            client.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        assert {client.read().status for client in clients} == {200}

        assert ask(impatient, PAGE).status == 200


def test_more_connections_than_there_may_be_take_the_place_of_the_oldest(impatient: Server) -> None:
    with ExitStack() as held:
        oldest, *_ = [held.enter_context(RawClient(impatient.port)) for _ in range(2 * CONNECTIONS)]

        assert ask(impatient, PAGE).status == 200
        assert oldest.recv(1) == b""


def test_a_request_under_way_is_answered_by_a_server_that_stops(
    prepared_sqlite: PreparedDatabase, tmp_path: Path
) -> None:
    url = prepared_sqlite.fresh(tmp_path)
    with serve(url, tmp_path, workers=1) as server, RawClient(server.port) as idle, RawClient(server.port) as client:
        client.sendall(post(b"{}")[:-1])
        assert idle.ask(MISSING).status == 404
        os.kill(server.pid, signal.SIGTERM)
        assert idle.recv(1) == b""

        said = client.ask(b"}")

        assert (said.status, said.headers["Connection"]) == (201, "close")
