"""The signature of the sandbox's webhooks: who may tell us something."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from console.engine.errors import InvalidWebhook
from console.engine.payments.gateway import SendsWebhooks
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.webhooks import sign
from console.testing.scripted import ScriptedGateway
from tests.support.engine.notices import CAPTURE, SUCCEEDED

SECRET = "test-webhook-secret"


BODY = json.dumps(
    {
        "reference": "K7Q2-M9XA",
        "kind": "capture",
        "status": "succeeded",
        "provider_reference": "sb_1",
        "amount": 1000,
        "currency": "GBP",
        "code": None,
        "message": None,
    }
).encode()


def test_the_sandbox_is_a_gateway_that_sends_webhooks(gateway: SandboxGateway) -> None:
    assert isinstance(gateway, SendsWebhooks)
    assert not isinstance(ScriptedGateway(), SendsWebhooks)


@pytest.mark.parametrize("name", ["Sandbox-Signature", "sandbox-signature"])
def test_a_signed_webhook_is_read(gateway: SandboxGateway, name: str) -> None:
    read = gateway.read_webhook(BODY, {name: sign(BODY, secret=SECRET, at=1_700_000_000)})

    assert (read.reference, read.kind, read.answer.status) == ("K7Q2-M9XA", CAPTURE, SUCCEEDED)
    assert (read.answer.amount_minor, read.answer.currency) == (1000, "GBP")
    assert read.signed_at == datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=00",
        "t=1700000000",
        "t=1700000000,v1=",
        "t=1700000000,v1=00",
        "t=1700000000,v1=é",
        "t=-5,v1=00",
        "t=²,v1=00",
        f"t={'9' * 400},v1=00",
        sign(BODY, secret="another secret", at=1_700_000_000),
        sign(BODY + b" ", secret=SECRET, at=1_700_000_000),
        sign(BODY, secret=SECRET, at=1_700_000_001).replace("001,", "000,"),
    ],
)
def test_a_forged_webhook_is_refused(gateway: SandboxGateway, header: str) -> None:
    with pytest.raises(InvalidWebhook):
        gateway.read_webhook(BODY, {"Sandbox-Signature": header} if header else {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        BODY.replace(b'"capture"', b'"gift"'),
        BODY.replace(b'"succeeded"', b'"perhaps"'),
        BODY.replace(b"1000", b'"1000"'),
        BODY.replace(b"1000", b"true"),
        BODY.replace(b"1000", b"-1"),
        BODY.replace(b"1000", b"99999999999999999999"),
        BODY.replace(b'"GBP"', b"null"),
        BODY.replace(b'"GBP"', b'"POUND"'),
        BODY.replace(b'"K7Q2-M9XA"', b"7"),
    ],
)
def test_a_signed_webhook_without_sense_is_refused(gateway: SandboxGateway, body: bytes) -> None:
    with pytest.raises(InvalidWebhook):
        gateway.read_webhook(body, {"Sandbox-Signature": sign(body, secret=SECRET, at=1_700_000_000)})
