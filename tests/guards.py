"""Take each guard away in turn, and see that a test fails: `.venv/bin/python -m tests.guards [WORD …]`.

Each row of `GUARDS` names one guard, the text that makes it, what stands there without it, and the tests that ought to
notice. The tree is copied, the text replaced, the tests run (on SQLite, where a race is told in one thread); the table
says which test noticed. Exit 1 when a guard's removal goes unnoticed, or when its text is not found exactly once. With
words, only the guards with one of them in their name. Two run at a time; each has two minutes. A guard that another one
doubles (a cart let go by its holder alone: the lock's own state says the same) has no row: alone it cannot be missed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPIED = ("console", "migrations", "templates", "static", "tests", "pyproject.toml")
AT_ONCE = 2
SECONDS = 120


@dataclass(frozen=True)
class Guard:
    """One guard: `old` in `file` makes it, `new` is the code without it; `tests` are pytest's ids or files, spaced."""

    name: str
    file: str
    old: str
    new: str
    tests: str


FENCES = "tests/engine/test_fences.py"
FACTS = "tests/engine/test_money_facts.py"
DOUBT = "tests/engine/test_doubt.py"
ORDERS = "tests/engine/test_interleavings.py::test_whole_transactions_have_one_winner_in_every_order"
SCHEMA = "tests/test_schema.py::test_no_statement_gets_past_the_constraints"
TABLES = "migrations/versions/0001_tables.py"

GUARDS = (
    Guard(
        "a decision needs its own fence",
        "console/engine/driving/locks.py",
        "mine = (in_state(drive.lock.state), under_fence(drive.lock.fence))\n    return change",
        "mine = (in_state(drive.lock.state),)\n    return change",
        f"{FENCES}::test_a_driver_that_lost_its_lease_never_enters_the_capture",
    ),
    Guard(
        "a take-over needs a lapsed lease",
        "console/engine/driving/locks.py",
        "_IS_DRIVEN, DRIVERLESS, fence=NEXT_FENCE",
        "_IS_DRIVEN, fence=NEXT_FENCE",
        f"{FENCES}::test_nobody_takes_over_what_somebody_drives",
    ),
    Guard(
        "a lease is let go only at the revision seen",
        "console/engine/driving/locks.py",
        "unmoved = (under_fence(drive.lock.fence), at_revision(drive.lock.revision))",
        "unmoved = (under_fence(drive.lock.fence),)",
        f"{FENCES}::test_a_fact_heard_while_the_driver_gives_up_wakes_it",
    ),
    Guard(
        "the capture begins only before the deadline",
        "console/engine/driving/legs.py",
        "decide(session, drive, IN_TIME, state=State.CAPTURING",
        "decide(session, drive, state=State.CAPTURING",
        f"{ORDERS} {FACTS}::test_a_lock_that_expires_during_the_authorization_is_undone",
    ),
    Guard(
        "a payment begins only before the deadline",
        "console/engine/driving/legs.py",
        "        IN_TIME,\n        DRIVERLESS,",
        "        DRIVERLESS,",
        "tests/engine/test_checkout.py::test_a_due_checkout_expires_when_its_payment_comes",
    ),
    Guard(
        "only what is due expires",
        "console/engine/driving/rollback.py",
        "go_back(session, row, DUE, *conditions,",
        "go_back(session, row, *conditions,",
        ORDERS,
    ),
    Guard(
        "going back starts from the state that was read",
        "console/engine/driving/rollback.py",
        "        in_state(lock.state),\n        *conditions,",
        "        *conditions,",
        "tests/engine/test_edge_cases.py::test_an_undo_decided_on_an_old_look_is_refused_past_the_point_of_no_return",
    ),
    Guard(
        "past the point of no return only a standing refusal leads back",
        "console/engine/driving/rollback.py",
        "    _require_refused_capture(lock, known)\n    leg =",
        "    leg =",
        f"{FENCES}::test_a_capture_is_given_up_only_while_its_refusal_stands",
    ),
    Guard(
        "a checkout ends only with its money settled",
        "console/engine/driving/rollback.py",
        "if not is_settled(statuses_of(known)):",
        "if False:",
        f"{FENCES}::test_a_checkout_never_ends_while_its_money_is_out",
    ),
    Guard(
        "a checkout that late money brought back ends once",
        "console/engine/driving/rollback.py",
        "if lock.failed_at is None:",
        "if True:",
        f"{FACTS}::test_a_capture_that_succeeds_after_its_refusal_is_refunded",
    ),
    Guard(
        "a refused leg leaves nothing but its evidence",
        "console/engine/driving/legs.py",
        "    with savepoint(leg.session):\n"
        "        run_phases(leg, phases)\n"
        "        leg.history.write(leg.session)\n"
        "        leg.take_stock()\n",
        "    run_phases(leg, phases)\n    leg.history.write(leg.session)\n    leg.take_stock()\n",
        f"{FENCES}::test_a_refusal_after_the_reservation_holds_no_stock",
    ),
    Guard(
        "facts only rise",
        "console/engine/payments/operations.py",
        "change_row(operations, operation.id, [lower],",
        "change_row(operations, operation.id, [],",
        f"{FACTS}::test_a_webhook_and_the_synchronous_answer_may_come_in_either_order",
    ),
    Guard(
        "one idempotency key for an operation's whole life",
        "console/engine/payments/operations.py",
        "idempotency_key=operation.idempotency_key,",
        "idempotency_key=operation.idempotency_key + secrets.token_hex(2),",
        f"{FACTS}::test_each_operation_has_one_key_for_life",
    ),
    Guard(
        "the request is written down before the call",
        "console/engine/phases/payment_authorization.py",
        "payment_token=leg.payment.token,",
        "payment_token=None,",
        f"{FENCES}::test_the_whole_request_is_kept_until_it_is_resolved",
    ),
    Guard(
        "the capture is written down with the point of no return",
        "console/engine/phases/__init__.py",
        "LEG_TWO = PHASES[4:6]",
        "LEG_TWO = PHASES[4:5]",
        f"{FACTS}::test_already_captured_is_a_success",
    ),
    Guard(
        "an answer of another amount is not taken",
        "console/engine/payments/operations.py",
        "return (answer.amount_minor, answer.currency) == (operation.amount, operation.currency)",
        "return True",
        f"{FACTS}::test_a_wrong_amount_or_currency_is_stored_but_not_taken",
    ),
    Guard(
        "already captured is a success",
        "console/engine/payments/operations.py",
        '    (OperationKind.CAPTURE, "already_captured"),\n',
        "",
        f"{FACTS}::test_already_captured_is_a_success",
    ),
    Guard(
        "late money goes back",
        "console/engine/payments/facts.py",
        "if raised.kind in GIVES_BACK and lock.state in (State.ROLLING_BACK, State.FAILED):",
        "if False:",
        f"{FACTS}::test_a_capture_that_succeeds_after_its_refusal_is_refunded",
    ),
    Guard(
        "a void that finds the money captured refunds it",
        "console/engine/payments/facts.py",
        'if back.kind == OperationKind.VOID and back.code == "already_captured":',
        "if False:",
        f"{FACTS}::test_a_void_that_finds_the_money_captured_refunds_it",
    ),
    Guard(
        "what was waiting and is voided is refused",
        "console/engine/payments/facts.py",
        "if known[OperationKind.AUTHORIZE].status == OperationStatus.WAITING:",
        "if False:",
        f"{FACTS}::test_the_void_of_a_waiting_authorization_refuses_it",
    ),
    Guard(
        "a human is called once a cause",
        "console/engine/record/attention.py",
        "    if is_known(lock, cause, message, about=about):\n        return lock\n",
        "",
        f"{FENCES}::test_a_human_is_called_once_however_long_the_gateway_is_silent",
    ),
    Guard(
        "nothing is sent under a lease too short",
        "console/engine/payments/calls.py",
        "if not drive.covers(timeout):",
        "if False:",
        f"{FENCES}::test_nothing_is_sent_under_a_lease_too_short_for_the_answer",
    ),
    Guard(
        "nothing is sent past the life of its key",
        "console/engine/payments/calls.py",
        "    if not may_send:\n        return (find,)\n",
        "",
        f"{FENCES}::test_past_the_life_of_its_key_an_operation_is_only_asked_about",
    ),
    Guard(
        "silence is asked about before it is sent again",
        "console/engine/payments/calls.py",
        "else (find, *[send] * RESENDS)",
        "else tuple([send] * RESENDS)",
        f"{DOUBT}::test_an_operation_in_doubt_is_asked_about_before_it_is_sent_again",
    ),
    Guard(
        "a webhook needs its signature",
        "console/gateways/sandbox/webhooks.py",
        "if not hmac.compare_digest(given.encode(), _digest(body, secret=secret, at=at).encode()):",
        "if False:",
        "tests/web/api/test_webhooks.py::test_a_forged_webhook_is_refused",
    ),
    Guard(
        "a webhook is not heard long after it was signed",
        "console/engine/payments/notices.py",
        "if abs(now - notice.signed_at) > TOLERANCE:",
        "if False:",
        "tests/web/api/test_webhooks.py::test_a_webhook_with_a_stale_timestamp_is_refused",
    ),
    Guard(
        "stock is taken only while it is there",
        "console/engine/inventory.py",
        ".where(stock_levels.c.id == _LEVEL, stock_levels.c.on_hand - stock_levels.c.reserved >= _QUANTITY)",
        ".where(stock_levels.c.id == _LEVEL)",
        f"{FENCES}::test_stock_that_went_between_the_look_and_the_update_is_looked_at_again",
    ),
    Guard(
        "stock rows are updated in ascending order",
        "console/engine/inventory.py",
        "for level_id, quantity in sorted(changes)]",
        "for level_id, quantity in sorted(changes, reverse=True)]",
        f"{FENCES}::test_rows_that_checkouts_compete_for_are_updated_in_one_order",
    ),
    Guard(
        "the cart comes before the lock",
        "console/engine/driving/legs.py",
        "    let_cart_go(session, drive.lock, status=CartStatus.ORDERED)\n"
        '    end = {"completed_at": NOW, "holds_cart": False}\n'
        "    lock = decide(session, drive, state=State.COMPLETED, phase=Phase.STOCK_COMMIT, **end)\n",
        '    end = {"completed_at": NOW, "holds_cart": False}\n'
        "    lock = decide(session, drive, state=State.COMPLETED, phase=Phase.STOCK_COMMIT, **end)\n"
        "    let_cart_go(session, drive.lock, status=CartStatus.ORDERED)\n",
        f"{FENCES}::test_rows_that_checkouts_compete_for_are_updated_in_one_order",
    ),
    Guard(
        "the same variant on several lines is summed",
        "console/engine/inventory.py",
        "wanted[line.variant_id] += line.quantity",
        "wanted[line.variant_id] = line.quantity",
        "tests/engine/test_checkout.py::test_the_same_sku_on_two_lines_is_summed_before_it_is_reserved",
    ),
    Guard(
        "stock is not corrected below what is reserved",
        "console/engine/inventory.py",
        ".where(stock_levels.c.id == level_id, fits)",
        ".where(stock_levels.c.id == level_id)",
        "tests/engine/test_edge_cases.py::test_a_stock_correction_below_what_is_reserved_is_refused_naming_the_holders",
    ),
    Guard(
        "a coupon's last use is taken once",
        "console/engine/prices/coupons.py",
        "coupons.c.id == coupon.id, coupons.c.active, free)",
        "coupons.c.id == coupon.id, coupons.c.active)",
        f"{FENCES}::test_the_last_use_of_a_coupon_goes_to_one_however_late_the_other_looked",
    ),
    Guard(
        "only a free cart is changed or started",
        "console/engine/cart/carts.py",
        "[_FREE, *conditions]",
        "[*conditions]",
        "tests/engine/test_cart_changes.py tests/engine/test_start.py",
    ),
    Guard(
        "one request key, one body",
        "console/engine/driving/idempotency.py",
        "== request_hash:\n        raise KeySeen",
        "is not None:\n        raise KeySeen",
        "tests/engine/test_checkout.py::test_the_same_key_with_another_payment_is_refused",
    ),
    Guard(
        "a stale page is refused",
        "console/engine/staff/actions.py",
        "if version is not None and version != row.revision:",
        "if False:",
        "tests/engine/test_actions.py::test_a_stale_page_is_refused",
    ),
    Guard(
        "an admin's deed is not done twice",
        "console/engine/staff/actions.py",
        "transact(session, work, is_repeatable=False)",
        "transact(session, work)",
        "tests/engine/test_lost_commits.py::test_an_admins_action_is_never_done_and_audited_twice",
    ),
    Guard(
        "another session does not drive the checkout",
        "console/engine/checkout.py",
        "if runtime_of(session).config.prevent_concurrent:",
        "if False:",
        "tests/engine/test_start.py::test_another_session_may_not_drive_the_checkout",
    ),
    Guard(
        "a dead driver's checkout is taken up",
        "console/engine/driving/recovery.py",
        "died = locks.c.lease_until <= clock()",
        "died = locks.c.lease_until.is_(None)",
        "tests/engine/test_crashes.py::test_a_checkout_killed_anywhere_is_recovered_to_an_end",
    ),
    Guard(
        "one operation's silence keeps no other waiting",
        "console/engine/driving/walk.py",
        "if self._next_move(silent=silent) not in CALLS:",
        "if True:",
        "tests/engine/test_recovery.py::test_a_silent_void_does_not_keep_late_money_from_its_refund",
    ),
    Guard(
        "what could be driven again at once is left to rest",
        "console/engine/driving/recovery.py",
        "return moved or not _is_candidate(session, lock_id)",
        "return True",
        "tests/engine/test_recovery.py::test_one_that_could_be_driven_again_at_once_is_left_to_rest",
    ),
    Guard(
        "a sale calls nobody off who was called for money that went back",
        "console/engine/driving/legs.py",
        "return cause != Cause.LEDGER and about not in GIVES_BACK.values()",
        "return cause != Cause.LEDGER",
        "tests/engine/payments/test_webhooks.py",
    ),
    Guard(
        "a sweep waits for no gateway",
        "console/jobs/sweeping.py",
        "is_stopped=stop.is_set, settles=False",
        "is_stopped=stop.is_set",
        "tests/jobs/test_sweeping.py::test_a_sweep_waits_for_no_gateway",
    ),
    Guard(
        "a cart is held once (partial unique index)",
        TABLES,
        '            "uq_checkout_locks_holds_cart",\n            ["cart_id"],\n            unique=True,',
        '            "uq_checkout_locks_holds_cart",\n            ["cart_id"],\n            unique=False,',
        SCHEMA,
    ),
    Guard(
        "one terminal event (partial unique index)",
        TABLES,
        '            "uq_outbox_events_terminal",\n            ["lock_id"],\n            unique=True,',
        '            "uq_outbox_events_terminal",\n            ["lock_id"],\n            unique=False,',
        SCHEMA,
    ),
    Guard(
        "one operation of each kind (unique)",
        TABLES,
        '        sa.UniqueConstraint("lock_id", "kind", name=op.f("uq_payment_operations_lock_id_kind")),\n',
        "",
        SCHEMA,
    ),
    Guard(
        "one order a checkout (unique)",
        TABLES,
        '        sa.UniqueConstraint("lock_id", name=op.f("uq_orders_lock_id")),\n',
        "",
        SCHEMA,
    ),
    Guard(
        "reserved stays within on hand (check)",
        TABLES,
        "reserved >= 0 AND reserved <= on_hand",
        "reserved >= 0",
        SCHEMA,
    ),
)


def find_rot(guard: Guard, root: Path = ROOT) -> str | None:
    """Tell what is wrong with a row: its text must stand exactly once, and its tests must be there."""
    found = (root / guard.file).read_text().count(guard.old)
    if found != 1:
        return f"its text stands {found} times in {guard.file}"
    for test in guard.tests.split():
        path, _, name = test.partition("::")
        if not (root / path).exists() or (name and f"def {name}(" not in (root / path).read_text()):
            return f"there is no {test}"
    return None


def try_without(guard: Guard) -> str | None:
    """Run the tests without a guard; tell which noticed, None when none did."""
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        tree = Path(folder)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tree / name)
        file = tree / guard.file
        file.write_text(file.read_text().replace(guard.old, guard.new))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql"]
        try:
            run = subprocess.run(
                [*command, *guard.tests.split()],
                cwd=tree,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "(it never ended)"
    noticed = re.search(r"^FAILED \S+::(\S+)", run.stdout, re.MULTILINE)
    if noticed:
        return noticed[1]
    if run.returncode not in (0, 1):
        raise RuntimeError(f"the tests of “{guard.name}” could not be run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return None


def main(words: list[str]) -> int:
    """Try every guard, or those with one of these words in their name; tell in a table."""
    chosen = [guard for guard in GUARDS if not words or any(word in guard.name for word in words)]
    rotten = {guard.name: problem for guard in chosen if (problem := find_rot(guard))}
    for name, problem in rotten.items():
        print(f"{name}: {problem}")
    if rotten or not chosen:
        return 1
    began, unnoticed = time.monotonic(), 0
    width = max(len(guard.name) for guard in chosen)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for guard, noticed in zip(chosen, pool.map(try_without, chosen), strict=True):
            print(f"{guard.name:{width}}  {noticed or 'UNNOTICED'}", flush=True)
            unnoticed += noticed is None
    print(f"{len(chosen)} guards, {unnoticed} unnoticed, {time.monotonic() - began:.0f} s")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
