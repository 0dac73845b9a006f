"""A shop as it runs in production, in a folder of its own: gunicorn, a worker, a database, a gateway's ledger."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from console.engine.runtime import CheckoutConfig
from console.models import Coupon
from console.testing.factories import Shop
from tests.support.engine.worlds import World
from tests.support.installation import environment
from tests.support.processes import Program, start_program
from tests.support.web.gunicorn import Server, serve

GATEWAY_SECONDS = 1.0
# What a log says of a defect; a service out of reach is told in other words.
DEFECTS = frozenset(
    {
        "checkout_leg_failed",
        "checkout_rollback_failed",
        "checkout_not_recovered",
        "checkout_not_expired",
        "gateway_failed",
        "job_failed",
        "signal_receiver_failed",
    }
)


@dataclass
class Worker:
    """The worker's process; started again when it was killed."""

    environ: dict[str, str]
    log: Path
    process: Program | None = None

    def start(self) -> None:
        """Start a worker."""
        command = ("flask", "--app", "wsgi", "checkout", "worker")
        self.process = start_program(*command, environ=self.environ, log=self.log)

    def end(self, by: signal.Signals) -> None:
        """Send it a signal, and wait for its end."""
        if self.process is not None:
            self.process.send_signal(by)
            self.process.wait(timeout=60)
            self.process = None


@dataclass(frozen=True)
class Site:
    """A running shop. Nothing but its own processes is ever killed."""

    world: World
    folder: Path
    server: Server
    worker: Worker = field(compare=False)

    def web_workers(self) -> list[int]:
        """Tell the processes that serve requests: the children of gunicorn's master."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_web_worker(self, dice: random.Random) -> None:
        """Kill one of them; the master starts another."""
        if workers := self.web_workers():
            os.kill(dice.choice(workers), signal.SIGKILL)

    def kill_worker(self) -> None:
        """Kill the worker, and start another."""
        self.worker.end(signal.SIGKILL)
        self.worker.start()

    def defects(self) -> list[str]:
        """Tell what the logs say of defects, each once, and whether the worker still works."""
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text(errors="replace").splitlines()]
        has_ended = self.worker.process is None or self.worker.process.poll() is not None
        return sorted({*filter(None, map(_defect, lines)), *(["the worker ended by itself"] if has_ended else [])})


def _defect(line: str) -> str | None:
    """Tell the defect that a line of a log tells of; a traceback outside an entry is one that nobody expected."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line if line.startswith("Traceback") else None
    if not isinstance(entry, dict) or entry.get("event") not in DEFECTS:
        return None
    return f"{entry['event']}: {str(entry.get('exception', ''))[-300:]}"


@contextmanager
def open_site(database_url: str, folder: Path, *, web_workers: int, **settings: str) -> Iterator[Site]:
    """Run a shop on a migrated database until the end of the block."""
    config = CheckoutConfig(gateway_timeout_seconds=GATEWAY_SECONDS)
    world = World(database_url, f"sqlite:///{folder}/sandbox.sqlite3", config)
    settings = {"CHECKOUT_GATEWAY_TIMEOUT": f"{GATEWAY_SECONDS:g}", "CHECKOUT_CLEANUP_INTERVAL": "0.1"} | settings
    with serve(database_url, folder, workers=web_workers, **settings) as server:
        settings |= {"PUBLIC_URL": f"http://127.0.0.1:{server.port}"}
        environ = {"PATH": os.environ["PATH"]} | environment(database_url, folder, **settings)
        worker = Worker(environ, folder / "worker.log")
        worker.start()
        try:
            yield Site(world, folder, server, worker)
        finally:
            worker.end(signal.SIGTERM)


def stock(database_url: str, folder: Path) -> None:
    """Put plenty of one thing on sale, little of another, and a coupon that is soon used up."""
    with World(database_url, f"sqlite:///{folder}/sandbox.sqlite3").open() as (session, _engine, _gateway):
        shop = Shop(session)
        shop.sell("MUG", price=1000, stock=1_000_000)
        shop.sell("RARE", price=250, stock=60)
        session.add(Coupon(code="TEN", kind="percent", value=10, max_uses=25))
        session.commit()
