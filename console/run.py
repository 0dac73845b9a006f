"""`make run`: the whole shop in the foreground, from an empty folder to the addresses, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from console.engine.store.database import create_database
from console.models import User, Variant
from console.models.vocabulary import Role
from console.settings import Settings, SettingsError, load
from console.telemetry.readiness import database_check

ROOT = Path(__file__).resolve().parent.parent
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
ADMIN_EMAIL = "admin@example.com"
READY_WITHIN_SECONDS = 60.0
END_WITHIN_SECONDS = 8.5
BOLD, PLAIN = "\033[1m", "\033[0m"
# What listens on every address is reached on this one.
REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, never bound to


class RunError(Exception):
    """The shop cannot run; the text says why in one line."""


@dataclass
class Household:
    """The processes of one run, each in a group of its own so that Ctrl-C reaches this process alone."""

    environ: dict[str, str]
    children: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(self, name: str, command: list[str], *, is_silent: bool = False) -> subprocess.Popen[str]:
        """Start a process that is ended with all others."""
        child = subprocess.Popen(  # noqa: S603 - commands of our own
            command,
            cwd=ROOT,
            env=self.environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if is_silent else None,
            start_new_session=True,
        )
        self.children[name] = child
        return child

    def run(self, name: str, *arguments: str, stdin: str = "") -> None:
        """Run a flask command to its end; one that is given its input has nothing to say.

        Raises: RunError when it fails.
        """
        child = self.start(name, [*FLASK, *arguments], is_silent=bool(stdin))
        child.communicate(stdin)
        del self.children[name]
        if child.returncode:
            raise RunError(f"{name} failed with exit code {child.returncode}")

    def check(self) -> None:
        """See that all are alive.

        Raises: RunError naming the one that is not.
        """
        for name, child in self.children.items():
            if child.poll() is not None:
                raise RunError(f"the {name} ended with exit code {child.returncode}")

    def end(self) -> None:
        """Ask all to end, and make those end that have not after some seconds."""
        for child in self.children.values():
            child.terminate()
        deadline = monotonic() + END_WITHIN_SECONDS
        for child in self.children.values():
            try:
                child.wait(timeout=max(0.0, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def main() -> int:
    """Run the shop until a signal or the end of one of its processes; hand back the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environ = {**os.environ, "DEMO": "1"}
    household = Household(environ)
    try:
        settings = load(environ)
        environ["INSTANCE_PATH"] = str(settings.instance_path)
        _run(household, settings)
    except KeyboardInterrupt:
        _say("Ending …")
        return 0
    except (SettingsError, RunError) as error:
        print(f"Checkout Console does not run: {error}", file=sys.stderr)
        return 1
    finally:
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.SIG_IGN)
        household.end()
    return 0


def _run(household: Household, settings: Settings) -> None:
    _check_port(settings)
    _prepare(household, settings)
    password = _appoint_admin(household, settings)
    try:
        _say("Starting the web server and the worker …")
        household.start("web server", GUNICORN)
        _wait_until_ready(household, settings)
        household.start(
            "worker", [*FLASK, "checkout", "worker"]
        )  # at once it sends the sandbox's webhooks to the server
        _print_addresses(settings)
    finally:
        _print_admin(password)  # last, and whatever happens: it is shown this once
    while True:
        household.check()
        sleep(0.5)


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise RunError(f"{where} cannot be listened on ({error.strerror}); choose another PORT") from error


def _prepare(household: Household, settings: Settings) -> None:
    """Migrate the database where it is not, and give an empty one the demo shop."""
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    with database_check(settings) as check:
        readiness = check()
    if not readiness.is_ready:
        _say(f"Preparing the database: {readiness.message} …")
        household.run("migration", "db", "upgrade")
    if _has_any(settings, Variant.id.is_not(None)):
        _say(f"Found the shop in {settings.instance_path}.")
    else:
        _say("Seeding the demo shop with a week of checkouts, which takes a minute or less …")
        household.run("seeding", "checkout", "seed-demo")


def _appoint_admin(household: Household, settings: Settings) -> str | None:
    """Make the first admin; hand back the password, None when there is an admin already."""
    if _has_any(settings, User.role == Role.ADMIN):
        return None
    password = secrets.token_urlsafe(12)
    household.run("first admin", "checkout", "create-user", ADMIN_EMAIL, "--role", "admin", stdin=f"{password}\n")
    return password


def _has_any(settings: Settings, condition: ColumnElement[bool]) -> bool:
    """Tell whether the database has any row of that kind."""
    database = create_database(settings.database_url, pooler=settings.database_pooler)
    try:
        with Session(database) as session:
            return bool(session.scalar(select(exists().where(condition))))
    finally:
        database.dispose()


def _wait_until_ready(household: Household, settings: Settings) -> None:
    deadline = monotonic() + READY_WITHIN_SECONDS
    while not _is_ready(settings):
        household.check()
        if monotonic() > deadline:
            raise RunError(f"the web server was not ready within {READY_WITHIN_SECONDS:.0f} s")
        sleep(0.1)


def _is_ready(settings: Settings) -> bool:
    connection = HTTPConnection(REACHABLE.get(settings.host, settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _print_addresses(settings: Settings) -> None:
    _say(
        "Checkout Console is ready; Ctrl-C ends it.",
        f"  shop     {settings.public_url}/",
        f"  console  {settings.public_url}/admin/",
        f"  API      {settings.public_url}/api/v1/docs",
    )


def _print_admin(password: str | None) -> None:
    if password is None:
        return
    line = f"Sign in to the console as {ADMIN_EMAIL}, password {password}  (shown this once)"
    _say("", f"{BOLD}{line}{PLAIN}" if sys.stdout.isatty() else line)


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
