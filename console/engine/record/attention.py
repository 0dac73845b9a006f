"""Why a checkout needs somebody's attention: said once per cause, called off cause by cause (rules 5 and 6).

`needs_attention` is the sentences that stand. Which cause each belongs to is kept in the lock's metadata, and so is
what a human has answered already: the same told again, by a repeated webhook or an hourly comparison, calls nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row
from sqlalchemy.orm import Session

from console.engine.driving.locks import change, needs_attention
from console.engine.record import events
from console.engine.store.tables import locks

_STANDING, _ANSWERED = "attention", "attention_answered"


class Cause(StrEnum):
    """Why somebody is called."""

    UNANSWERED = "unanswered"  # no answer after several tries, or no last word within the time-out
    MISMATCH = "mismatch"  # an answer with a wrong amount or currency
    REFUSED = "refused"  # the gateway does not give the money back
    LATE = "late"  # money that came after the end, until it is back
    LEDGER = "ledger"  # our books and the gateway's ledger differ
    BROKEN = "broken"  # a leg fails by a defect
    EARLIER = "earlier"  # a sentence whose cause was not kept


# What no progress of the checkout answers: a human has to look.
FOR_HUMANS_ONLY = (Cause.MISMATCH, Cause.LEDGER)
# What a human's word about an operation answers; the others end by what follows from it.
_ANSWERABLE = (Cause.UNANSWERED, Cause.MISMATCH, Cause.LEDGER, Cause.EARLIER)


def demand(session: Session, lock: Row[Any], cause: Cause, message: str, *, about: str) -> Row[Any]:
    """Say in plain words that a human is needed, with its event, once per cause. Caller holds the lock row, commits.

    `about` is the kind of operation that is in question, or the leg. A cause that stands already calls nobody again,
    nor does one that a human has answered.
    """
    if is_known(lock, cause, message, about=about):
        return lock
    lock = _write(session, lock, {**_standing(lock), f"{cause}:{about}": message}, _answered(lock))
    events.write_event(session, lock, topic=events.NEEDS_ATTENTION, message=message)
    return lock


def is_known(lock: Any, cause: Cause, message: str, *, about: str) -> bool:
    """Tell whether somebody was called for this already, or has answered it."""
    name = f"{cause}:{about}"
    return name in _standing(lock) or _answered(lock).get(name) == message


def call_off(session: Session, lock: Row[Any], is_over: Callable[[str, str], bool]) -> Row[Any]:
    """Drop the causes that are over, by cause and what it is about. Caller holds the lock row, commits."""
    standing = _standing(lock)
    left = {name: message for name, message in standing.items() if not is_over(*name.split(":", 1))}
    return lock if left == standing else _write(session, lock, left, _answered(lock))


def settle_causes(session: Session, lock: Row[Any], *, about: Collection[str]) -> Row[Any]:
    """Drop what a human has just answered, and remember it. Caller holds the lock row, commits."""
    standing = _standing(lock)
    answered = {name: message for name, message in standing.items() if _is_answerable(name, about)}
    if not answered:
        return lock
    left = {name: message for name, message in standing.items() if name not in answered}
    return _write(session, lock, left, {**_answered(lock), **answered})


def needs_word_about(lock: Any, kind: str) -> bool:
    """Tell whether somebody was called about this kind of operation, and only a human's word ends it."""
    return any(name in _standing(lock) for name in (f"{cause}:{kind}" for cause in FOR_HUMANS_ONLY))


def causes_about(lock: Any, cause: Cause) -> frozenset[str]:
    """Tell what a cause is about that stands: the kinds of operations, or legs."""
    found = (name.split(":", 1) for name in _standing(lock))
    return frozenset(about for each, about in found if each == cause)


def has_causes() -> ColumnElement[bool]:
    """Build the condition that somebody is called for a checkout, the causes kept."""
    are_kept: ColumnElement[bool] = locks.c.metadata[_STANDING].as_string().is_not(None)
    return needs_attention() & are_kept


def keeps_causes(lock: Any) -> bool:
    """Tell the same of a lock as it was read."""
    return lock.needs_attention is not None and _STANDING in lock.metadata


def is_called_for(cause: Cause, *, about: str) -> ColumnElement[bool]:
    """Build the condition that somebody is called for a checkout for this cause."""
    stands: ColumnElement[bool] = locks.c.metadata[(_STANDING, f"{cause}:{about}")].as_string().is_not(None)
    return stands


def _is_answerable(name: str, about: Collection[str]) -> bool:
    cause, subject = name.split(":", 1)
    return cause in _ANSWERABLE and (subject in about or cause == Cause.EARLIER)


def _standing(lock: Any) -> Mapping[str, str]:
    if lock.needs_attention is None:
        return {}
    kept: Mapping[str, str] | None = lock.metadata.get(_STANDING)
    return kept or {f"{Cause.EARLIER}:checkout": lock.needs_attention}


def _answered(lock: Any) -> Mapping[str, str]:
    answered: Mapping[str, str] = lock.metadata.get(_ANSWERED, {})
    return answered


def _write(session: Session, lock: Row[Any], standing: Mapping[str, str], answered: Mapping[str, str]) -> Row[Any]:
    kept = {name: value for name, value in lock.metadata.items() if name not in (_STANDING, _ANSWERED)}
    ours = {_STANDING: dict(standing), _ANSWERED: dict(answered)}
    metadata = kept | {name: value for name, value in ours.items() if value}
    return change(session, lock.id, needs_attention=" ".join(standing.values()) or None, metadata=metadata)
