"""Whole checkouts in this process, past client and server: what is counted meanwhile is the shop's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.shoppers import API, PAYMENT, new_cart

Counts = dict[str, int]
Purchase = dict[str, Counts]  # of each of the three requests
Watch = Callable[[], AbstractContextManager[Counts]]
_SUCCESSES = ("200", "201")


@dataclass(frozen=True)
class Buyer:
    """Buys one piece of each of some products, over and over."""

    app: Flask
    skus: Sequence[str]

    def buy(self, watch: Watch) -> Purchase:
        """Buy once, each request under a watch of its own; give what the watches counted."""
        cart, at_cart = self._ask(watch, "/carts", new_cart(self.skus))
        token = cart["token"]
        lock, at_start = self._ask(watch, f"/carts/{cart['id']}/checkout", {}, token=token)
        _, at_process = self._ask(watch, f"/checkouts/{lock['id']}/process", PAYMENT, token=token)
        return {"cart": at_cart, "start": at_start, "process": at_process}

    def _ask(self, watch: Watch, path: str, body: dict[str, Any], *, token: str = "") -> tuple[dict[str, Any], Counts]:
        headers = [("Authorization", f"Bearer {token}")] if token else []
        environ = EnvironBuilder(path=API + path, method="POST", json=body, headers=headers).get_environ()
        with watch() as counts:
            status, content = self._serve(environ)
        assert status in _SUCCESSES, content
        return json.loads(content), counts

    def _serve(self, environ: dict[str, Any]) -> tuple[str, bytes]:
        """Do what a server does with a request; give status and content of the answer."""
        begun: list[str] = []

        def begin(status: str, *_rest: Any) -> Any:
            begun.append(status)

        answer: Any = self.app(environ, begin)
        content = b"".join(answer)
        answer.close()
        return begun[0][:3], content
