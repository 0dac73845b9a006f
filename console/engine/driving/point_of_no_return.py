"""The point of no return: the commit of leg 2, which enters `capturing`. Before it a checkout can always go back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from console.engine.driving.legs import Progress, ends_by_progress, open_leg, run_leg
from console.engine.driving.locks import IN_TIME, Drive, decide
from console.engine.machine import Phase, State
from console.engine.payments.facts import Fact
from console.engine.phases import LEG_TWO
from console.engine.record.attention import call_off


def enter_capture(session: Session, drive: Drive, fact: Fact | None) -> Progress:
    """Take leg 2: order, capture operation, pinned stock. Caller commits.

    Raises:
        LostRace: when the time ran out, or somebody else decided first.
    """
    lock = decide(session, drive, IN_TIME, state=State.CAPTURING, phase=Phase.PAYMENT_CAPTURE)
    lock = call_off(session, lock, ends_by_progress)  # the authorization's doubt is over
    leg = open_leg(session, lock, fact, closes=Phase.PAYMENT_AUTHORIZATION)
    return run_leg(leg, LEG_TWO)
