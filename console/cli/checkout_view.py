"""One checkout explained, for people: the story first, then what can be done, then all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from console.casebook.cases import Checkout
from console.casebook.documents import describe
from console.casebook.money import Agreement, GatewayView
from console.casebook.plans import Plan, plan
from console.casebook.timeline import Bar, waterfall
from console.cli.drawing import BAD, GOOD, NOTHING, QUIET, WARNING, plain_table
from console.engine.machine import EXPIRABLE, STATE_NAMES, State
from console.engine.prices.drift import Drift
from console.engine.staff.allowed import NEEDS_REASON, Action
from console.wording import ago, duration, exact, money, words

_LINE_CELLS = 20
_VERDICTS = {
    Agreement.AGREE: ("✓ agrees", GOOD),
    Agreement.DIFFER: ("✕ differs", BAD),
    Agreement.AHEAD: ("✓ known there: retry", WARNING),
    Agreement.OPEN: ("not settled yet", WARNING),
    Agreement.SILENT: ("no answer", WARNING),
}


@dataclass(frozen=True)
class Case:
    """A checkout, how far its prices have moved since, and what the gateway says of its operations."""

    checkout: Checkout
    drift: Drift | None
    heard: Sequence[GatewayView]

    @property
    def drift_minor(self) -> int | None:
        """Tell how much more its goods would cost today, in minor units; None where that cannot be told."""
        return None if self.drift is None else self.drift.amount

    @property
    def plans(self) -> list[Plan]:
        """Tell what each action that is allowed would do."""
        return [plan(action, self.checkout.holdings) for action in self.checkout.allowed_actions]

    def command_for(self, action: Action) -> str:
        """Write the command that does an action."""
        if action == Action.RESOLVE:
            doubted = self.checkout.holdings.doubts[0]
            return f'flask --app wsgi checkout resolve {doubted.id} --happened yes|no --reason "…"'
        asked = " --minutes N" if action == Action.EXTEND else ' --reason "…"' if action in NEEDS_REASON else ""
        return f"flask --app wsgi checkout {action} {self.checkout.lock.reference}{asked}"

    def as_document(self) -> dict[str, Any]:
        """Write it out as the Admin API does, with prices, the gateway's view, and what can be done."""
        return {
            **describe(self.checkout, for_admin=True).model_dump(),
            "price_drift": self.drift_minor,
            "gateway": [_heard_document(heard) for heard in self.heard],
            "plans": [
                {
                    "action": each.action.value,
                    "command": self.command_for(each.action),
                    "effects": [vars(effect) for effect in each.effects],
                }
                for each in self.plans
            ],
        }


def draw_case(case: Case, *, tolerance_minor: int) -> RenderableType:
    """Draw a case."""
    return Group(
        *_story(case.checkout),
        *_facts(case.checkout),
        *_possibilities(case),
        *_steps(case.checkout),
        *_money(case),
        *_stock(case.checkout),
        *_prices(case, tolerance_minor),
        *_events(case.checkout),
        *_deeds(case.checkout),
    )


def _heard_document(heard: GatewayView) -> dict[str, Any]:
    operation, answer = heard.operation, heard.answer
    ours = {"status": operation.status, "amount": operation.amount, "currency": operation.currency}
    theirs = answer and {"status": heard.status, "amount": answer.amount_minor, "currency": answer.currency}
    return {
        "kind": operation.kind,
        "ours": ours,
        "theirs": theirs,
        "verdict": heard.verdict.value,
        "silence": heard.silence,
    }


def _story(checkout: Checkout) -> Iterator[RenderableType]:
    lock, told = checkout.lock, checkout.explanation
    outcome = f", {words(lock.outcome).lower()}" if lock.outcome else ""
    yield Text.assemble((lock.reference, "bold"), f"   {STATE_NAMES[State(lock.state)]}{outcome}")
    if told.attention:
        yield Text(f"⚠ Needs attention: {told.attention}", style=BAD)
    yield Text(f"{told.why} {told.money}")
    at = f" ({exact(told.next_at)})" if told.next_at and told.next_at > checkout.now else ""
    yield Text.assemble(("Next: ", "bold"), told.next_step, (at, QUIET))


def _facts(checkout: Checkout) -> Iterator[RenderableType]:
    lock, order = checkout.lock, checkout.order
    table = plain_table("", "", "", has_heading=False)
    ended_at = lock.completed_at or lock.failed_at
    for name, value in (
        ("Checkout", f"{lock.id}, revision {lock.revision}, fence {lock.fence}"),
        ("Cart", f"{lock.cart_id}{', held' if lock.holds_cart else ''}"),
        ("E-mail", lock.customer_email),
        ("Session", lock.session_id),
        ("Phase", words(lock.phase) if lock.phase else None),
        ("Reason", lock.failure_reason),
        ("Order", order and f"{order.number}, {order.status}, {money(order.total, order.currency)}"),
        ("Started", _when(lock.locked_at, checkout)),
        ("Expires", _when(lock.expires_at, checkout) if lock.state in EXPIRABLE else None),
        ("Ended", _when(ended_at, checkout) if ended_at else None),
        ("Driven until", _when(lock.lease_until, checkout) if lock.lease_until else None),
    ):
        if value:
            table.add_row(Text(name, style=QUIET), Text(str(value)))
    yield table


def _when(moment: Any, checkout: Checkout) -> str:
    return f"{exact(moment)} ({ago(moment, checkout.now)})"


def _possibilities(case: Case) -> Iterator[RenderableType]:
    yield Text("\nWhat can be done", style="bold")
    if not case.plans:
        yield Text("Nothing: it has ended.", style=QUIET)
    for each in case.plans:
        yield Text(f"  {case.command_for(each.action)}", style="cyan")
        told = [part for effect in each.effects for part in ((f"{effect.subject}: ", "bold"), f"{effect.text} ")]
        yield Padding(Text.assemble(*told, style=QUIET), (0, 0, 0, 6))


def _steps(checkout: Checkout) -> Iterator[RenderableType]:
    yield Text()
    table = plain_table("Timeline", "phase", "", "took", "status", "began", numbers=("took",))
    for bar in waterfall(checkout.steps, now=checkout.now):
        undone = ", undone" if bar.step.is_compensation else ""
        took = "under way" if bar.took is None else duration(bar.took)
        began = ago(bar.step.started_at, checkout.now)
        table.add_row(f"{words(bar.step.phase)}{undone}", _line(bar), took, words(bar.step.status), began)
    yield table if checkout.steps else Text("No phase was begun, or its history was pruned.", style=QUIET)


def _line(bar: Bar) -> Text:
    begin = min(_LINE_CELLS - 1, int(_LINE_CELLS * bar.offset / 100))
    length = max(1, min(_LINE_CELLS - begin, round(_LINE_CELLS * bar.width / 100)))
    style = {"failed": BAD, "completed": GOOD}.get(bar.step.status, WARNING)
    return Text(f"{'·' * begin}{'█' * length}{'·' * (_LINE_CELLS - begin - length)}", style=style, no_wrap=True)


def _money(case: Case) -> Iterator[RenderableType]:
    yield Text()
    if not case.heard:
        yield Text("The gateway was not asked for anything.", style=QUIET)
        return
    table = plain_table("Money", "operation", "by our books", "by the gateway's", "", "tries", "answer")
    for heard in case.heard:
        operation, answer = heard.operation, heard.answer
        ours = f"{words(operation.status)}, {money(operation.amount, operation.currency)}"
        by_whom = f" by {operation.resolved_by}" if operation.resolved_by else ""
        theirs = answer and f"{words(heard.status or '')}, {money(answer.amount_minor, answer.currency)}"
        said = operation.message or operation.code or heard.silence or ""
        verdict = Text(*_VERDICTS[heard.verdict])
        none = "" if heard.silence else "knows of none"
        table.add_row(
            words(operation.kind), ours + by_whom, theirs or none, verdict, str(operation.attempts), Text(said)
        )
    yield table


def _stock(checkout: Checkout) -> Iterator[RenderableType]:
    if not checkout.reservations:
        return
    yield Text()
    table = plain_table("Stock", "SKU", "warehouse", "pieces", "status", numbers=("pieces",))
    for row in checkout.reservations:
        table.add_row(Text(row.sku), Text(row.warehouse), f"{row.quantity:,}", words(row.status))
    yield table


def _prices(case: Case, tolerance_minor: int) -> Iterator[RenderableType]:
    if not case.checkout.snapshots:
        return
    yield Text()
    numbers = ("pieces", "each", "today", "total")
    prices_today = case.drift.prices_today if case.drift else {}
    table = plain_table("Frozen prices, and today's", "line", *numbers, numbers=numbers)
    for row in case.checkout.snapshots:
        currency, today = row.currency_code, prices_today.get(row.cart_line_id)
        coupon = f" (coupon {row.coupon_code})" if row.coupon_code and not row.sku else ""
        table.add_row(
            Text(f"{row.sku} {row.name or ''}" if row.sku else f"Cart{coupon}"),
            f"{row.quantity:,}" if row.quantity else "",
            money(row.unit_price, currency) if row.unit_price is not None else "",
            money(today, currency) if today is not None else NOTHING if row.sku else "",
            money(row.total, currency),
        )
    yield table
    yield _drift(case, tolerance_minor)


def _drift(case: Case, tolerance_minor: int) -> Text:
    drift, currency = case.drift_minor, case.checkout.snapshots[0].currency_code
    if drift is None:
        return Text("None of its lines is in the cart any more: no drift to tell.", style=QUIET)
    if not drift:
        return Text("Today's prices are the same.", style=QUIET)
    sign = "more" if drift > 0 else "less"
    is_told = "beyond" if abs(drift) > tolerance_minor else "within"
    return Text(f"Today it would cost {money(abs(drift), currency)} {sign}, {is_told} the tolerance.", style=WARNING)


def _events(checkout: Checkout) -> Iterator[RenderableType]:
    if not checkout.events:
        return
    yield Text()
    table = plain_table("Events", "event", "written", "delivered", "tries", "last error")
    for row in checkout.events:
        delivered = ago(row.delivered_at, checkout.now) if row.delivered_at else Text("not yet", style=WARNING)
        written = ago(row.created_at, checkout.now)
        table.add_row(row.topic, written, delivered, str(row.attempts), Text(row.last_error or ""))
    yield table


def _deeds(checkout: Checkout) -> Iterator[RenderableType]:
    if not checkout.audit:
        return
    yield Text()
    table = plain_table("What people did", "action", "who", "when", "why")
    for row in checkout.audit:
        table.add_row(words(row.action), Text(row.actor), ago(row.created_at, checkout.now), Text(row.reason or ""))
    yield table
