"""Shoppers at the API, each a thread: they buy, click twice, cancel, retry, and write down what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from console.testing.factories import ADDRESS
from tests.campaign.chaos.bank_page import decide
from tests.campaign.chaos.scenarios import TOKENS
from tests.support.web.gunicorn import Answer, Server

SKUS = ("MUG", "MUG", "MUG", "RARE")
COUPON = "TEN"
PLAIN_CARDS = 20  # so many cards that work come on one of each other kind
SILENT = "tok_never_answers"
MOST_SILENT = 3  # each keeps the recovery busy for a while
PATIENCE_SECONDS = 6.0
PAUSE_SECONDS = 0.2
TRY_AGAIN = ("in_progress", "database_unavailable")


@dataclass(frozen=True)
class Told:
    """What a shopper was told about a payment: the answer's status, its error, the number of the order."""

    lock_id: int
    status: int
    error: str | None
    order: str | None


@dataclass
class Diary:
    """What all shoppers were told; `statuses` counts every answer, `silences` the connections that broke."""

    told: list[Told] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    silences: int = 0
    surprises: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: Answer | None) -> None:
        """Count an answer, or that there was none."""
        with self._lock:
            if answer is None:
                self.silences += 1
            else:
                error = answer.body.get("error") if answer.status >= 400 else None
                self.statuses[f"{answer.status} {error}" if error else str(answer.status)] += 1

    def write(self, lock_id: int, answer: Answer) -> None:
        """Write down what was said about a payment."""
        order = answer.body["order"]["number"] if answer.status in (200, 201) else None
        with self._lock:
            self.told.append(Told(lock_id, answer.status, answer.body.get("error"), order))


def deal_cards(dice: random.Random) -> Iterator[str]:
    """Deal tokens of every kind for ever, most of them plain."""
    silent = 0
    while True:
        deck = ["tok_visa"] * PLAIN_CARDS + [token for token in TOKENS if token != SILENT or silent < MOST_SILENT]
        silent += SILENT in deck
        dice.shuffle(deck)
        yield from deck


class Shopper:
    """One shopper after another at one device, until told to stop."""

    def __init__(self, server: Server, diary: Diary, *, dice: random.Random, card: Callable[[], str]) -> None:
        self._server = server
        self._diary = diary
        self._dice = dice
        self._card = card

    def shop_until(self, stop: threading.Event) -> None:
        """Buy one cart after another."""
        try:
            while not stop.is_set():
                self._buy()
        except Exception as error:
            self._diary.surprises.append(f"a shopper did not understand an answer: {error!r}")
            raise

    def _buy(self) -> None:
        cart = self._ask("POST", "/carts", body=self._basket())
        if cart is None or cart.status != 201:
            return
        token = {"Authorization": f"Bearer {cart.body['token']}"}
        path = f"/carts/{cart.body['id']}"
        paid = self._attempt(path, self._card(), token)
        if paid is not None and paid.status == 402 and self._dice.random() < 0.5:
            self._attempt(path, "tok_visa", token)
        self._ask("GET", f"{path}/checkout-status", **token)

    def _basket(self) -> dict[str, Any]:
        lines = [{"sku": self._dice.choice(SKUS), "quantity": self._dice.randint(1, 3)}]
        basket: dict[str, Any] = {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": lines}
        return basket | ({"coupon": COUPON} if self._dice.random() < 0.1 else {})

    def _attempt(self, cart_path: str, card: str, token: dict[str, str]) -> Answer | None:
        """Start a checkout and pay; sometimes click twice, or cancel while the payment is under way."""
        started = self._ask("POST", f"{cart_path}/checkout", body={}, **token)
        if started is None or started.status not in (200, 201):
            return None
        lock_id, key = started.body["id"], f"key-{self._dice.getrandbits(64):x}"
        manner = self._dice.random()
        beside = None
        if manner < 0.15:
            beside = threading.Thread(target=self._cancel_soon, args=[lock_id, token, self._dice.random() * 0.3])
        elif manner < 0.25:
            beside = threading.Thread(target=self._pay, args=[lock_id, card, key, token])
        if beside is not None:
            beside.start()
        answer = self._pay(lock_id, card, key, token)
        if beside is not None:
            beside.join()
        return answer

    def _pay(self, lock_id: int, card: str, key: str, token: dict[str, str]) -> Answer | None:
        payment = {"payment": {"method": "card", "token": card}}
        headers = token | {"Idempotency_Key": key}
        answer = self._ask("POST", f"/checkouts/{lock_id}/process", about=lock_id, body=payment, **headers)
        if answer is None or answer.status != 202 or not answer.body["next_action"]:
            return answer
        return self._go_to_the_bank(lock_id, answer.body["next_action"]["url"], token)

    def _go_to_the_bank(self, lock_id: int, url: str, token: dict[str, str]) -> Answer | None:
        """Approve or refuse the payment on the bank's page and come back, or never come back."""
        decision = self._dice.choice(("approve", "approve", "approve", "refuse", None))
        if decision is None:
            return None
        try:
            status = decide(url, decision)
        except (OSError, HTTPException):
            self._diary.note(None)
            return None
        if status >= 500 and status != 503:
            self._diary.surprises.append(f"the bank's page answered {status}")
        return self._ask("POST", f"/checkouts/{lock_id}/resume", about=lock_id, body={}, **token)

    def _cancel_soon(self, lock_id: int, token: dict[str, str], seconds: float) -> None:
        time.sleep(seconds)
        self._ask("POST", f"/checkouts/{lock_id}/cancel", body={}, **token)

    def _ask(
        self, method: str, path: str, *, about: int | None = None, body: Any = None, **headers: str
    ) -> Answer | None:
        """Ask, and ask the same again for a while when there is no answer, or it says to."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._server.ask(method, f"/api/v1{path}", body=body, **headers)
            except (OSError, HTTPException):  # also one that breaks in the middle of an answer
                answer = None
            self._diary.note(answer)
            if answer is not None and about is not None:
                self._diary.write(about, answer)
            if not _says_again(answer) or time.monotonic() > deadline:
                return answer
            time.sleep(PAUSE_SECONDS)


def _says_again(answer: Answer | None) -> bool:
    return answer is None or answer.body.get("error") in TRY_AGAIN


def shop_together(
    server: Server, diary: Diary, *, shoppers: int, dice: random.Random, stop: threading.Event
) -> list[threading.Thread]:
    """Let so many shop at once until told to stop; give their threads."""
    cards = deal_cards(random.Random(dice.getrandbits(64)))
    lock = threading.Lock()

    def next_card() -> str:
        with lock:
            return next(cards)

    threads = []
    for _ in range(shoppers):
        shopper = Shopper(server, diary, dice=random.Random(dice.getrandbits(64)), card=next_card)
        threads.append(threading.Thread(target=shopper.shop_until, args=[stop], daemon=True))
    for thread in threads:
        thread.start()
    return threads
