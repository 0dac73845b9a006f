"""Servers of the campaign's own, to be stopped and killed at will: PostgreSQL and Redis, each in its own folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

SECONDS_TO_START = 60
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")


class NotInstalledError(Exception):
    """A server's programs are not on this machine; says which."""


def free_port() -> int:
    """Find a port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


class Postgresql:
    """A PostgreSQL cluster of our own, reached by TCP on the loopback address."""

    def __init__(self, folder: Path) -> None:
        self._bin = _find_programs()
        self._as_owner = _as_owner()
        self._data = folder / "cluster"
        self._port = free_port()
        self._folder = folder

    def create(self) -> None:
        """Make the cluster, and start it."""
        if self._as_owner:
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run(
            "pg_ctl", "start", "--wait", "--silent", f"--log={self._folder}/server.log", "--options", self._options
        )

    def restart(self, *, is_crash: bool) -> None:
        """Stop it, cutting off whoever is connected, or let it crash; and start it again."""
        mode = "--mode=immediate" if is_crash else "--mode=fast"
        self._run("pg_ctl", "restart", mode, "--wait", "--silent", f"--log={self._folder}/server.log")

    def stop(self) -> None:
        """Stop it for good."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent")

    def new_database(self, name: str) -> str:
        """Make an empty database; give its URL."""
        self._execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def cut_connections(self, share: float) -> None:
        """Cut about such a share of all connections off."""
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND random() < {share}"
        )

    @property
    def _options(self) -> str:
        settings = {"listen_addresses": "127.0.0.1", "max_connections": "200", "unix_socket_directories": "''"}
        return f"-p {self._port} " + " ".join(f"-c {name}={value}" for name, value in settings.items())

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"

    def _execute(self, statement: str) -> None:
        server = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with server.connect() as connection:
            connection.execute(text(statement))

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._bin / program), f"--pgdata={self._data}", *arguments]
        # Without pipes: the server would keep them open, and whoever reads them would wait for its end.
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def own_postgresql(folder: Path) -> Iterator[Postgresql]:
    """Run a cluster of our own until the end of the block.

    Raises:
        NotInstalledError: when its programs are not to be found, or may not be run.
    """
    cluster = Postgresql(folder)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.stop()


def _find_programs() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in _PLACES:
        found += sorted(Path("/").glob(place.lstrip("/")), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NotInstalledError("PostgreSQL's server programs (initdb, pg_ctl) are not installed")


def _as_owner() -> list[str]:
    """PostgreSQL refuses to run as root: it is run as its own user then."""
    if os.geteuid() != 0:
        return []
    if shutil.which("runuser") is None:
        raise NotInstalledError("PostgreSQL does not run as root, and there is no runuser to change that")
    return ["runuser", "-u", "postgres", "--"]


class Redis:
    """A Redis server of our own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise NotInstalledError("redis-server is not installed")
        self._port = free_port()
        self._command = [program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Tell where it is, running or not."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError("redis-server does not listen")

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    """Run a Redis of our own until the end of the block.

    Raises:
        NotInstalledError: when it is not installed.
    """
    redis = Redis(folder)
    try:
        redis.start()
        yield redis
    finally:
        redis.kill()
