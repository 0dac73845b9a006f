"""A response is kept for a client that does not read it yet; its writer does not wait."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from console.web.server.patient_socket import MOST_UNSENT_BYTES, PatientSocket

PAGE = bytes(range(256)) * 2000


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, PatientSocket]]:
    client, accepted = socket.socketpair()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = PatientSocket(accepted, seconds=0.05)
    with client, server:
        yield client, server


def test_a_page_that_nobody_reads_makes_nobody_wait_and_is_read_later(
    ends: tuple[socket.socket, PatientSocket],
) -> None:
    client, server = ends
    server.setblocking(True)

    server.sendall(PAGE[:1000])
    server.sendall(PAGE[1000:])

    assert server.unsent
    read = b""
    while len(read) < len(PAGE):
        read += client.recv(65536)
        server.send_on()
    assert read == PAGE
    assert not server.unsent


def test_a_writer_far_ahead_of_a_client_that_reads_nothing_gives_up(ends: tuple[socket.socket, PatientSocket]) -> None:
    _, server = ends

    with pytest.raises(BrokenPipeError):
        server.sendall(bytes(2 * MOST_UNSENT_BYTES))

    assert not server.unsent
