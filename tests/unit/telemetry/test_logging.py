"""Logs: one JSON line an event, whoever wrote it, and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.engine import make_url

from console.settings import load
from console.telemetry.logging import StderrHandler, configure_logging, log_as_set


class Stderr:
    """What was written to stderr since the last look, as text or as the events it holds."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self.capture = capture

    def text(self) -> str:
        return self.capture.readouterr().err

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Stderr]:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    configure_logging(human=False)
    yield Stderr(capsys)
    root.handlers[:], root.level = before
    logging.getLogger("checkout").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_an_event_is_one_json_line(stderr: Stderr) -> None:
    structlog.get_logger("shop").info("checkout completed", lock_id=7, reason="two\nlines")

    (event,) = stderr.events()
    assert event["event"] == "checkout completed"
    assert (event["lock_id"], event["reason"]) == (7, "two\nlines")
    assert (event["level"], event["logger"]) == ("info", "shop")
    assert event["timestamp"].endswith("Z")


def test_a_librarys_log_record_is_one_json_line_too(stderr: Stderr) -> None:
    logging.getLogger("some.library").warning("%s of %s", 3, 4)

    (event,) = stderr.events()
    assert (event["event"], event["level"], event["logger"]) == ("3 of 4", "warning", "some.library")


def test_configuring_twice_writes_once(stderr: Stderr) -> None:
    configure_logging(human=False)

    structlog.get_logger().info("once")

    assert len(stderr.events()) == 1
    assert len([one for one in logging.getLogger().handlers if isinstance(one, StderrHandler)]) == 1


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "payment_token",
        "Authorization",
        "password",
        "SECRET_KEY",
        "cookie",
        "Set-Cookie",
        "webhook_secret",
    ],
)
def test_a_secret_is_redacted_by_the_name_of_its_key_at_any_depth(stderr: Stderr, name: str) -> None:
    structlog.get_logger().info("call", **{name: "s3cret"}, request={"headers": [{name: "s3cret"}]})

    (event,) = stderr.events()
    assert event[name] == "[redacted]"
    assert event["request"] == {"headers": [{name: "[redacted]"}]}


@pytest.mark.parametrize(
    "text",
    ["Authorization: Bearer s3cret", "charged tok_s3cret", "postgresql://shop:s3cret@db/shop is out of reach"],
)
def test_a_secret_is_redacted_by_its_look_in_any_text(stderr: Stderr, text: str) -> None:
    structlog.get_logger().info(text, detail=[text])
    logging.getLogger("library").error("refused: %s", text)

    written = stderr.text()
    assert len(written.splitlines()) == 2
    assert "s3cret" not in written


def test_a_secret_in_a_traceback_is_redacted(stderr: Stderr) -> None:
    try:
        make_url("postgresql://shop:s3cret@db:x/shop")
    except ValueError as error:
        error.add_note("while reading postgresql://shop:s3cret@db:x/shop")
        structlog.get_logger().exception("failed")

    (event,) = stderr.events()
    assert "while reading postgresql://shop:***@db:x/shop" in event["exception"]
    assert "s3cret" not in event["exception"]


def test_what_is_no_secret_stays(stderr: Stderr) -> None:
    structlog.get_logger().info("operation", idempotency_key="k-1", reference="K7Q2-M9XA", amount_minor=1299)

    (event,) = stderr.events()
    assert (event["idempotency_key"], event["reference"], event["amount_minor"]) == ("k-1", "K7Q2-M9XA", 1299)


def test_people_get_a_short_line(stderr: Stderr) -> None:
    configure_logging(human=True)

    structlog.get_logger("shop").info("checkout completed", lock_id=7, token="s3cret")

    (line,) = stderr.text().splitlines()
    assert "checkout completed" in line
    assert "lock_id=7" in line
    assert "s3cret" not in line


def test_a_demo_shows_what_is_amiss_and_not_the_troubles_that_it_plays(stderr: Stderr, tmp_path: Path) -> None:
    log_as_set(load({"DEMO": "1", "INSTANCE_PATH": str(tmp_path)}))

    logging.getLogger("gunicorn.error").info("Booting worker")
    structlog.get_logger("checkout").warning("gateway_silent")
    structlog.get_logger("console").warning("disk is full")
    structlog.get_logger("checkout").error("checkout_leg_failed")

    assert [line.split()[3] for line in stderr.text().splitlines()] == ["disk", "checkout_leg_failed"]


def test_a_demo_that_is_debugged_shows_everything(stderr: Stderr, tmp_path: Path) -> None:
    log_as_set(load({"DEMO": "1", "FLASK_DEBUG": "1", "INSTANCE_PATH": str(tmp_path)}))

    structlog.get_logger("checkout").info("checkout_started")

    assert "checkout_started" in stderr.text()
