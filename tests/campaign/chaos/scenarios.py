"""The table of what is killed: who does what with a checkout, and how it may end. A new token is a new row."""

from __future__ import annotations

from dataclasses import dataclass

from console.gateways.sandbox.tokens import BEHAVIOURS
from tests.campaign.chaos import acts
from tests.campaign.chaos.acts import interrupted, pay
from tests.campaign.chaos.kills import Act
from tests.campaign.chaos.verdicts import End

TOKENS = ("tok_visa", *BEHAVIOURS)
# The gateway has more to say of these after its answer, by webhook: a running shop has to hear it.
TOLD_LATER = frozenset(token for token, how in BEHAVIOURS.items() if how.asks_shopper or how.settles_later)
UNDONE = frozenset({End.UNDONE})
EITHER = frozenset({End.COMPLETED, End.UNDONE})  # killed before it had begun to pay, or before anybody interfered
IN_DOUBT = frozenset({End.UNDONE, End.ATTENTION})


@dataclass(frozen=True)
class Scenario:
    """One way through a checkout, to be killed at every point of it.

    With `then`, the first act is killed at each of its points in turn, and for each of these deaths `then`, done by
    another process, is killed at each point of its own.
    """

    title: str
    token: str
    act: Act
    ends: frozenset[End]
    then: Act | None = None

    @property
    def is_told_later(self) -> bool:
        """Tell whether its token's payments have their end told by webhook."""
        return self.token in TOLD_LATER


def _paying(title: str, token: str, ends: frozenset[End]) -> Scenario:
    return Scenario(title, token, pay(token), ends)


def _meanwhile(title: str, token: str, by: Act, *, is_done_first: bool, ends: frozenset[End] = EITHER) -> Scenario:
    return Scenario(title, token, interrupted(pay(token), by=by, is_done_first=is_done_first), ends)


def _again(title: str, token: str, then: Act, *, ends: frozenset[End]) -> Scenario:
    return Scenario(title, token, pay(token), ends, then=then)


PATHS = (
    _paying("bought", "tok_visa", EITHER),
    _paying("authorization refused", "tok_declined", UNDONE),
    _paying("capture refused", "tok_capture_declined", UNDONE),
    _meanwhile("cancelled before the gateway authorizes", "tok_visa", acts.give_up, is_done_first=False),
    _meanwhile("cancelled before the answer arrives", "tok_visa", acts.give_up, is_done_first=True),
    _meanwhile("released before the answer arrives", "tok_visa", acts.take_off, is_done_first=True),
    _meanwhile("expired by support before the answer arrives", "tok_visa", acts.end_its_time, is_done_first=True),
    _meanwhile("swept before the gateway authorizes", "tok_visa", acts.run_out, is_done_first=False),
    _meanwhile("swept before the answer arrives", "tok_visa", acts.run_out, is_done_first=True),
    _paying("authorization's answer lost", "tok_lost_authorize", EITHER),
    _paying("capture's answer lost", "tok_lost_capture", EITHER),
    _paying("capture answers 500, twice", "tok_error_capture", EITHER),
    _paying("capture done, answers 500", "tok_error_after_capture", EITHER),
    _meanwhile("cancelled, void's answer lost", "tok_lost_void", acts.give_up, is_done_first=True),
    _meanwhile("swept, void answers 500, twice", "tok_void_fails_twice", acts.run_out, is_done_first=True),
    _meanwhile("cancelled, gateway silent", "tok_never_answers", acts.give_up, is_done_first=True, ends=IN_DOUBT),
    _paying("left alone in 3-D Secure", "tok_3ds", UNDONE),
    _meanwhile("cancelled in 3-D Secure", "tok_3ds", acts.give_up, is_done_first=True, ends=UNDONE),
    _paying("captured later", "tok_async", EITHER),
    _paying("captured after the refusal", "tok_late_capture", UNDONE),
    _paying("captured late, refund answers 500, twice", "tok_refund_fails_twice", UNDONE),
    _paying("captured late, refund's answer lost", "tok_lost_refund", UNDONE),
)

# A death anywhere, and then another one.
DOUBLE_DEATHS = (
    _again("bought, its recovery killed", "tok_visa", acts.recover_all, ends=EITHER),
    _again("capture refused, its recovery killed", "tok_capture_declined", acts.recover_all, ends=UNDONE),
    _again("killed, then gone on with", "tok_lost_capture", acts.go_on, ends=EITHER),
    _again("killed, then cancelled", "tok_visa", acts.give_up, ends=EITHER),
    _again("killed, then swept", "tok_lost_void", acts.run_out, ends=EITHER),
)

KILLS = (*PATHS, *DOUBLE_DEATHS)


def faults() -> dict[str, list[Scenario]]:
    """Give, for each token the sandbox knows by name, every way to meet its fault: by buying, and by going back."""
    return {token: _ways(token) for token in TOKENS}


def _ways(token: str) -> list[Scenario]:
    ways = [_paying(f"{token} bought", token, frozenset(End))]
    for by in (acts.give_up, acts.run_out):
        ways += [_meanwhile(f"{token} undone", token, by, is_done_first=done) for done in (False, True)]
    return ways


def named(title: str) -> Scenario:
    """Give the scenario of that title."""
    return next(scenario for scenario in KILLS if scenario.title == title)
