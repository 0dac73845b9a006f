"""A shop of the benchmark's own: databases that it makes and drops, a catalogue, gunicorn on a free port."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url

from bench.floor import PRICE_MINOR, Level
from bench.wire import Line, Refused, build_request

ROOT = Path(__file__).resolve().parent.parent
PIECES = 10**8  # of each product: stock never runs out
_START_SECONDS = 60
_LEVELS = """
    SELECT stock_levels.id, variants.id, warehouse_id, sku
    FROM stock_levels JOIN variants ON variants.id = variant_id ORDER BY stock_levels.id
"""


@dataclass
class Installation:
    """A shop with its databases: one to be bought from over HTTP, one whose rows are written bare."""

    folder: Path
    server_dsn: str
    shop: str
    bare: str
    environ: dict[str, str]
    has_redis: bool
    levels: tuple[Level, ...] = ()
    processes: list[int] = field(default_factory=list)

    def dsn(self, database: str) -> str:
        """Give libpq's address of a database."""
        return psycopg.conninfo.make_conninfo(self.server_dsn, dbname=database)

    def flask(self, *command: str, database: str | None = None) -> str:
        """Run a command of the shop's; give what it printed."""
        environ = self.environ if database is None else self.environ | {"DATABASE_URL": _url(self.dsn(database))}
        line = [sys.executable, "-m", "flask", "--app", "wsgi", *command]
        done = subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout


@contextmanager
def installed(server_url: str, *, redis_url: str | None, skus: int, ledger: str) -> Iterator[Installation]:
    """Make a shop with so many products; take it away again, whatever happens.

    `ledger` is the kind of database the sandbox gateway's ledger is kept in: `sqlite` or `postgresql`.
    """
    server_dsn = _dsn(server_url)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="checkout-bench-")))
        redis = stack.enter_context(_empty_redis(redis_url))
        shop = stack.enter_context(_database(server_dsn))
        environ = _environment(folder, psycopg.conninfo.make_conninfo(server_dsn, dbname=shop), redis)
        if ledger == "postgresql":
            books = stack.enter_context(_database(server_dsn))
            books_dsn = psycopg.conninfo.make_conninfo(server_dsn, dbname=books)
            environ["SANDBOX_GATEWAY_DATABASE_URL"] = _url(books_dsn)
        installation = Installation(folder, server_dsn, shop, "", environ, has_redis=redis is not None)
        _fill(installation, skus)
        installation.bare = stack.enter_context(_database(server_dsn, template=shop))
        yield installation


@contextmanager
def serving(installation: Installation, application: str) -> Iterator[int]:
    """Run gunicorn with the project's settings on a free port until the end of the block; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = installation.environ | {"PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
    log = installation.folder / "gunicorn.log"
    with log.open("a") as stream:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=stream, stderr=subprocess.STDOUT)
    installation.processes.append(process.pid)
    try:
        _wait_until_it_answers(process, port, log)
        yield port
    finally:
        installation.processes.remove(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _environment(folder: Path, dsn: str, redis_url: str | None) -> dict[str, str]:
    given = {
        name: os.environ[name] for name in ("PATH", "HOME", "WEB_CONCURRENCY", "WEB_THREADS") if name in os.environ
    }
    settings = {
        "DATABASE_URL": _url(dsn),
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": secrets.token_hex(32),
        "CHECKOUT_RATE_LIMIT": "",
        "PYTHONPATH": str(ROOT),
    }
    if redis_url:
        settings["REDIS_URL"] = redis_url
    else:
        settings["WEB_CONCURRENCY"] = str(os.cpu_count() or 1)  # with nothing to count, nothing is counted twice
    return settings | given


def _fill(installation: Installation, skus: int) -> None:
    installation.flask("db", "upgrade")
    catalogue = installation.folder / "catalogue.csv"
    lines = [f"SKU-{number},Product {number},{PRICE_MINOR / 100:.2f},GBP,{PIECES}" for number in range(skus)]
    catalogue.write_text("\n".join(["sku,name,unit_price,currency,stock", *lines]), encoding="utf-8")
    installation.flask("checkout", "import-catalog", str(catalogue), "--json")
    with psycopg.connect(installation.dsn(installation.shop), autocommit=True) as connection:
        # Not the empty tables: plans made for no rows would read whole tables once there are some.
        connection.execute("ANALYZE variants, variant_prices, stock_levels, stock_movements")
        installation.levels = tuple(Level(*row) for row in connection.execute(_LEVELS))


@contextmanager
def _database(server_dsn: str, *, template: str = "template1") -> Iterator[str]:
    name = f"checkout_bench_{secrets.token_hex(6)}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server_dsn, autocommit=True) as server:
        server.execute(statement)
    try:
        yield name
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _empty_redis(url: str | None) -> Iterator[str | None]:
    """Give out a Redis database that was empty, and empty it again; None where there is none."""
    if url is None:
        yield None
        return
    with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as redis:
        if not _is_empty(redis):
            yield None
            return
        try:
            yield url
        finally:
            with suppress(RedisError):
                redis.flushdb()


def _is_empty(redis: Redis) -> bool:
    """Tell whether there is a server, with nothing in this database of it."""
    try:
        return redis.dbsize() == 0
    except RedisError:
        return False


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return
        time.sleep(0.1)
    raise RuntimeError(f"gunicorn does not answer:\n{log.read_text(encoding='utf-8')[-3000:]}")


def _answers(port: int) -> bool:
    try:
        with Line(port) as line, suppress(Refused):
            line.ask(build_request("GET", "/livez"))
    except OSError:
        return False
    return True


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _url(dsn: str) -> str:
    """Write libpq's address as SQLAlchemy's."""
    facts = psycopg.conninfo.conninfo_to_dict(dsn)
    user = f"{facts.get('user', '')}{':' + str(facts['password']) if 'password' in facts else ''}"
    place = f"{facts.get('host', 'localhost')}:{facts.get('port', 5432)}"
    return f"postgresql://{user}@{place}/{facts['dbname']}"
