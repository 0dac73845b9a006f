"""Requests that arrive: whole at the byte where gunicorn's parser ends them, refused when too large, due when too slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from hypothesis import given
from hypothesis import strategies as st

from console.flask_config import MAX_BODY_BYTES
from console.web.server.arrival import LEAST_BYTES_PER_SECOND, LONGEST_HEAD_BYTES, Arrival, Patience

PATIENCE = Patience(idle_seconds=75, header_seconds=10, body_seconds=30)
GET = b"GET /products HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /cart HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nhello\r\n\r\nyou"
CHUNKED = (
    b"POST /cart HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'5\r\nhello\r\n6;a="b"\r\n\r\n\r\nyo\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
)
BODIES = {GET: b"", POST: b"hello\r\n\r\nyou", CHUNKED: b"hello\r\n\r\nyo"}
LENGTHS = (b"+5", b"5\r\nContent-Length: 5", b"5, 5", b"", b"0x5", b"9" * 5000)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def arrive() -> Iterator[Callable[..., Arrival]]:
    with ExitStack() as large:

        def arrive_to_be_closed(data: bytes, **rest: Any) -> Arrival:
            return large.enter_context(closing(arrived(data, **rest)))

        yield arrive_to_be_closed


def arrived(data: bytes, **rest: Any) -> Arrival:
    arrival = Arrival(PATIENCE, **rest)
    arrival.take(data)
    return arrival


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def read_by_gunicorn(arrival: Arrival) -> bytes:
    """Read the body as gunicorn's parser does, and see that nothing of it is left."""
    parser = get_parser(Config(), arrival, ("127.0.0.1", 1))
    body: bytes = next(parser).body.read()
    assert (parser.unreader.buf.getvalue(), arrival.recv(1)) == (b"", b"")
    return body


@given(st.lists(st.sampled_from(sorted(BODIES)), min_size=1, max_size=4), st.lists(st.integers(0, 999), max_size=40))
def test_requests_end_where_gunicorn_ends_them_however_they_are_cut(requests: list[bytes], cuts: list[int]) -> None:
    seen, arrival = [], Arrival(PATIENCE)
    for piece in pieces(b"".join(requests), cuts):
        arrival.take(piece)
        while arrival.is_whole:
            assert not arrival.is_last
            seen.append(read_by_gunicorn(arrival))
            rest, arrival = arrival.rest, Arrival(PATIENCE)
            if rest:
                arrival.take(rest)

    assert seen == [BODIES[request] for request in requests]


@pytest.mark.parametrize("request_bytes", BODIES.keys(), ids=["get", "post", "chunked"])
def test_a_request_is_not_whole_before_its_last_byte(request_bytes: bytes) -> None:
    arrival = Arrival(PATIENCE)
    for byte in request_bytes[:-1]:
        arrival.take(bytes([byte]))
        assert not arrival.is_whole

    arrival.take(request_bytes[-1:])

    assert arrival.is_whole


def test_a_large_body_arrives_byte_for_byte(arrive: Callable[..., Arrival]) -> None:
    body = bytes(range(256)) * (MAX_BODY_BYTES // 256)

    arrival = arrive(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body))
    for piece in pieces(body, [10, 70_000, 1_000_000]):
        arrival.take(piece)

    assert read_by_gunicorn(arrival) == body


@pytest.mark.parametrize(
    "doubtful",
    [
        *(b"POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % length for length in LENGTHS),
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 5000,
        b"GET / HTTP/1.1\nHost: x\n\n",
    ],
)
def test_a_request_whose_end_is_in_doubt_is_the_last_of_its_connection(doubtful: bytes) -> None:
    arrival = arrived(doubtful)

    assert (arrival.is_whole, arrival.is_last) == (True, True)


def test_a_body_that_is_announced_too_large_is_left_to_the_app_at_once() -> None:
    arrival = arrived(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1))

    assert (arrival.is_whole, arrival.is_last) == (True, True)
    assert b"Expect" not in arrival.recv(1000)


def test_a_body_in_chunks_that_grows_too_large_is_refused(arrive: Callable[..., Arrival]) -> None:
    arrival = arrive(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(MAX_BODY_BYTES // 65536):
        arrival.take(b"10000\r\n" + bytes(65536) + b"\r\n")
    assert arrival.refusal is None

    arrival.take(b"1\r\n")

    assert arrival.refusal is HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_body_in_chunks_that_is_mostly_wrapping_is_refused(arrive: Callable[..., Arrival]) -> None:
    arrival = arrive(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(2 * MAX_BODY_BYTES // 4000 + 1):
        arrival.take(b"1;" + b"a" * 4000 + b"\r\nx\r\n")

    assert arrival.refusal is HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_head_without_end_is_refused() -> None:
    arrival = arrived(b"GET / HTTP/1.1\r\nX: " + b"a" * LONGEST_HEAD_BYTES)

    assert arrival.refusal is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_only_a_client_that_waits_for_it_is_told_to_go_on_and_once() -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"

    assert Arrival(PATIENCE).take(head)
    assert not Arrival(PATIENCE).take(head + b"hi")
    assert not Arrival(PATIENCE).take(head.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert b"Expect" not in arrived(head + b"hi").recv(1000)


def test_a_connection_may_be_idle_longer_than_a_head_may_take() -> None:
    clock = Clock()
    arrival = Arrival(PATIENCE, clock=clock)
    assert (arrival.is_silent, arrival.due_at) == (True, clock.now + 75)

    clock.now += 60
    arrival.take(b"\r\n")  # behind the body before; no request yet
    assert (arrival.is_silent, arrival.due_at) == (True, clock.now + 75)

    arrival.take(b"GET ")
    assert (arrival.is_silent, arrival.due_at) == (False, clock.now + 10)


def test_dripping_does_not_move_the_end_of_a_heads_time() -> None:
    clock = Clock()
    arrival = arrived(b"GET ", clock=clock)
    due_at = arrival.due_at

    for _ in range(9):
        clock.now += 1
        arrival.take(b"/")

    assert arrival.due_at == due_at


def test_a_body_may_take_its_time_or_keep_up_the_least_rate(arrive: Callable[..., Arrival]) -> None:
    clock = Clock()
    head = b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
    drips, keeps_up = arrive(head, clock=clock), arrive(head, clock=clock)
    began_at = clock.now

    for _ in range(60):
        clock.now += 1
        drips.take(b"x")
        keeps_up.take(b"x" * (LEAST_BYTES_PER_SECOND + 100))

    assert drips.due_at == began_at + 30
    assert keeps_up.due_at > clock.now
    assert keeps_up.due_at < clock.now + 2


def test_a_body_that_came_fast_may_not_pause_for_long(arrive: Callable[..., Arrival]) -> None:
    clock = Clock()
    arrival = arrive(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + bytes(999_999), clock=clock)

    assert arrival.due_at == clock.now + 30


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"HEAD /readyz?verbose=1 HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET /livez HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", True),
        (b"GET /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n", True),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET /livez HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", False),
        (b"GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
        (b"GET /livez HTTP/1.1\r\nContent-Length: x\r\n\r\n", False),
        (b"POST /livez HTTP/1.1\r\n\r\n", False),
        (b"GET /livezilla HTTP/1.1\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", False),
    ],
)
def test_only_a_whole_probe_without_a_body_gets_a_thread_of_the_probes(request_bytes: bytes, *, expected: bool) -> None:
    assert arrived(request_bytes).is_probe is expected
