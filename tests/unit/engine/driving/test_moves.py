"""What follows what, as a table."""

from __future__ import annotations

import pytest

from console.engine.driving.moves import Move, next_move
from console.engine.machine import COMMITTED_STATES, ENDED, LIVE, TRANSITIONS, OperationStatus, State
from console.models.checkout import COMMITTED

A, C, V, R = "authorize", "capture", "void", "refund"


@pytest.mark.parametrize(
    ("state", "statuses", "move"),
    [
        ("pending", {}, Move.WAIT),
        ("locking_prices", {}, Move.WAIT),
        ("authorizing", {A: "pending"}, Move.AUTHORIZE),
        ("authorizing", {A: "unknown"}, Move.AUTHORIZE),
        ("authorizing", {A: "waiting"}, Move.WAIT),
        ("authorizing", {A: "refused"}, Move.GO_BACK),
        ("authorizing", {A: "succeeded"}, Move.ENTER_CAPTURE),
        ("capturing", {A: "succeeded", C: "pending"}, Move.CAPTURE),
        ("capturing", {A: "succeeded", C: "unknown"}, Move.CAPTURE),
        ("capturing", {A: "succeeded", C: "waiting"}, Move.WAIT),
        ("capturing", {A: "succeeded", C: "refused"}, Move.GO_BACK),
        ("capturing", {A: "succeeded", C: "succeeded"}, Move.COMMIT_STOCK),
        ("rolling_back", {A: "unknown"}, Move.AUTHORIZE),
        ("rolling_back", {A: "refused"}, Move.FINISH),
        ("rolling_back", {A: "succeeded", V: "pending"}, Move.VOID),
        ("rolling_back", {A: "waiting", V: "unknown"}, Move.VOID),
        ("rolling_back", {A: "succeeded", V: "succeeded"}, Move.FINISH),
        ("rolling_back", {A: "succeeded", V: "refused"}, Move.WAIT),
        ("rolling_back", {A: "succeeded", C: "refused", V: "succeeded"}, Move.FINISH),
        ("rolling_back", {A: "succeeded", C: "succeeded", V: "refused", R: "pending"}, Move.REFUND),
        ("rolling_back", {A: "succeeded", C: "succeeded", V: "succeeded"}, Move.WAIT),
        ("rolling_back", {A: "succeeded", C: "succeeded", V: "refused", R: "succeeded"}, Move.FINISH),
        ("rolling_back", {A: "succeeded", C: "succeeded", R: "refused"}, Move.WAIT),
        ("completed", {A: "succeeded", C: "succeeded"}, Move.WAIT),
        ("failed", {A: "refused"}, Move.WAIT),
    ],
)
def test_the_next_move_follows_from_the_rows(state: str, statuses: dict[str, str], move: Move) -> None:
    assert next_move(state, statuses) == move


def test_a_capture_is_never_given_up_while_it_is_open() -> None:
    for status in (OperationStatus.PENDING, OperationStatus.UNKNOWN, OperationStatus.WAITING):
        assert next_move("capturing", {A: "succeeded", C: status}) in (Move.CAPTURE, Move.WAIT)


def test_every_committed_state_has_its_transitions() -> None:
    assert set(TRANSITIONS) - {None} == set(COMMITTED_STATES) == set(COMMITTED) == {*LIVE, *ENDED}
    assert TRANSITIONS[State.COMPLETED] == ()


def test_the_facts_stand_in_rising_order() -> None:
    order = ["pending", "unknown", "waiting", "refused", "succeeded"]

    assert sorted(OperationStatus, key=lambda status: status.rank) == order
