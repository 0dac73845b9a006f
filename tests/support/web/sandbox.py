"""The sandbox gateway as the shop's API meets it: its page decided on, its queued webhooks sent by hand."""

from __future__ import annotations

import time
from pathlib import Path

from werkzeug.test import TestResponse

from console.engine.runtime import runtime_of
from console.extensions import db
from console.gateways.sandbox.challenges import Challenge
from console.gateways.sandbox.gateway import SandboxGateway
from console.gateways.sandbox.webhooks import sign
from tests.support.sandboxes import let_delayed_come_due, queued_bodies
from tests.support.web.shopper import Shopper

PATH = "/webhooks/payments/sandbox"
SECRET = "a secret of the shop and its gateway"


class Sandbox:
    """The sandbox from outside: its queued webhooks, sent by hand."""

    def __init__(self, shopper: Shopper, folder: Path) -> None:
        self.shopper = shopper
        self.ledger_url = f"sqlite:///{folder}/sandbox.sqlite3"

    def gateway(self) -> SandboxGateway:
        with self.shopper.app.app_context():
            gateway = runtime_of(db.session()).gateway
        assert isinstance(gateway, SandboxGateway)
        return gateway

    def decide(self, url: str, *, is_approved: bool = True) -> Challenge:
        """Have the shopper decide on the page at that address."""
        challenge = self.gateway().find_challenge(url.rsplit("/", 1)[1])
        assert challenge is not None
        return self.gateway().decide_challenge(challenge, is_approved=is_approved)

    def bodies(self) -> list[str]:
        """Give what waits to be sent."""
        self.gateway().do_what_is_due()
        return queued_bodies(self.ledger_url, "")

    def send(self, body: str, *, path: str = PATH, at: float | None = None, secret: str = SECRET) -> TestResponse:
        """Send one webhook, signed now."""
        signature = sign(body.encode(), secret=secret, at=int(time.time() if at is None else at))
        return self.post(body, path=path, signature=signature)

    def post(self, body: str, *, signature: str | None, path: str = PATH) -> TestResponse:
        headers = {"Sandbox-Signature": signature} if signature is not None else {}
        return self.shopper.ask("POST", path, headers=headers, data=body)

    def settle(self) -> None:
        """Let what is due come, and tell of it."""
        let_delayed_come_due(self.ledger_url)
        for body in self.bodies():
            assert self.send(body).status_code == 200
