"""`make run`: from an empty folder to a shop that answers, and to its end, all within the times promised."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from console.engine.store.database import create_database
from console.people.accounts import create_user
from console.testing.databases import PreparedDatabase
from console.testing.factories import Shop
from tests.support.places import ROOT
from tests.support.web.console_visits import PASSWORD

ENDED_WITHIN_SECONDS = 10
READY_LINE = "Checkout Console is ready"


class Run:
    """A running `console.run`: what it printed, and the processes it started."""

    def __init__(self, process: subprocess.Popen[str], port: int, printed: Path) -> None:
        self.process = process
        self.port = port
        self._printed = printed

    def printed(self) -> str:
        return self._printed.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 120
        while READY_LINE not in self.printed():
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < deadline, self.printed()
            time.sleep(0.1)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(timeout=ENDED_WITHIN_SECONDS)

    def status_of(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Callable[[], Run]]:
    runs: list[Run] = []
    environ = {"PATH": os.environ["PATH"], "INSTANCE_PATH": str(tmp_path / "instance"), "PORT": str(port)}

    def start_run() -> Run:
        printed = tmp_path / f"printed-{len(runs)}"
        with printed.open("w") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "console.run"],
                cwd=ROOT,
                env=environ,
                text=True,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        runs.append(Run(process, port, printed))
        return runs[-1]

    yield start_run
    for run in runs:
        if run.process.poll() is None:
            run.end(signal.SIGTERM)


@pytest.fixture
def furnished(prepared_sqlite: PreparedDatabase, tmp_path: Path) -> None:
    """Have something on sale and an admin already: so nothing is seeded, which takes long."""
    instance = tmp_path / "instance"
    instance.mkdir()
    url = prepared_sqlite.fresh(instance)
    database = create_database(url)
    with Session(database) as session:
        Shop(session).sell()
        create_user(session, email="admin@example.org", password=PASSWORD, role="admin")
        session.commit()
    database.dispose()
    Path(url.removeprefix("sqlite:///")).rename(instance / "checkout.sqlite3")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def variants_in(instance: Path) -> int:
    with sqlite3.connect(instance / "checkout.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM variants").fetchone()[0])


def test_an_empty_folder_becomes_a_shop_and_a_second_start_keeps_it(start: Callable[[], Run], tmp_path: Path) -> None:
    first = start()
    first.wait_until_ready()
    children = first.children()
    statuses = [first.status_of(path) for path in ("/livez", "/readyz", "/", "/cart")]
    first_printed = first.printed()
    first_exit = first.end(signal.SIGTERM)

    assert statuses == [200] * 4
    assert re.search(r"Sign in .* as \S+@\S+, password \S{12,}  \(shown this once\)\n$", first_printed)
    assert [line for line in first_printed.splitlines() if "[" in line] == []  # no log line, of whatever is staged
    assert f"http://127.0.0.1:{first.port}/\n" in first.printed()
    assert f"http://127.0.0.1:{first.port}/admin/" in first.printed()
    assert len(children) == 2
    assert first_exit == 0
    assert [pid for pid in children if is_alive(pid)] == []
    seeded = variants_in(tmp_path / "instance")
    assert seeded > 0

    second = start()
    second.wait_until_ready()
    second_exit = second.end(signal.SIGINT)

    assert "Found the shop in" in second.printed()
    assert "password" not in second.printed()
    assert variants_in(tmp_path / "instance") == seeded
    assert second_exit == 0


@pytest.mark.usefixtures("furnished")
def test_the_end_of_one_process_ends_all_with_an_error(start: Callable[[], Run]) -> None:
    run = start()
    run.wait_until_ready()
    web_server, worker = run.children()

    os.kill(worker, signal.SIGKILL)

    assert run.process.wait(timeout=ENDED_WITHIN_SECONDS) == 1
    assert "the worker ended with exit code -9" in run.printed()
    assert "Seeding" not in run.printed()
    assert not is_alive(web_server)


def test_a_busy_port_is_told_in_one_line_and_nothing_is_made(
    start: Callable[[], Run], port: int, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        run = start()
        exit_code = run.process.wait(timeout=60)

    assert exit_code == 1
    (line,) = run.printed().splitlines()
    assert f"127.0.0.1:{port} cannot be listened on" in line
    assert not list((tmp_path / "instance").glob("*.sqlite3"))
