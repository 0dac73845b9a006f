"""Which checkouts a list shows: the filters as the URL names them, for pages and programs alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from sqlalchemy import ColumnElement, false, or_

from console.engine.errors import InvalidInput
from console.engine.locks import normalise_reference
from console.engine.machine import COMMITTED_STATES, Outcome, Phase
from console.engine.tables import locks
from console.web.admin.keyset import is_id

_REFERENCE_LETTERS = 8
_LONGEST_NUMBER = 19
_YES_NO = {"true": True, "false": False}


@dataclass(frozen=True)
class LockFilter:
    """What is asked of a list of checkouts; empty means all of them."""

    state: str = ""
    phase: str = ""
    outcome: str = ""
    email: str = ""
    needs_attention: str = ""
    q: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> LockFilter:
        """Read the filters from a URL's arguments; others there are none of ours.

        Raises:
            InvalidInput: when one has a value that no checkout can have.
        """
        wanted = cls(**{field.name: arguments.get(field.name, "").strip() for field in fields(cls)})
        _require_one_of("state", wanted.state, COMMITTED_STATES)
        _require_one_of("phase", wanted.phase, Phase)
        _require_one_of("outcome", wanted.outcome, Outcome)
        if wanted.needs_attention and wanted.needs_attention not in _YES_NO:
            raise InvalidInput("needs_attention is true or false.", field="needs_attention")
        return wanted

    def in_force(self) -> dict[str, str]:
        """Give the filters that are set, as a URL names them."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def conditions(self) -> list[ColumnElement[bool]]:
        """Build the conditions, each of which an index serves."""
        found = [locks.c[name] == getattr(self, name) for name in ("state", "phase", "outcome") if getattr(self, name)]
        if self.email:
            found.append(_has_email(self.email))
        if self.needs_attention:
            is_troubled = locks.c.needs_attention.is_not(None)
            found.append(is_troubled if _YES_NO[self.needs_attention] else ~is_troubled)
        if self.q:
            found.append(_is_meant_by(self.q))
        return found


def _require_one_of(name: str, value: str, words: Iterable[StrEnum]) -> None:
    if value and value not in tuple(words):
        raise InvalidInput(f"There is no {name} “{value}”.", field=name)


def _has_email(email: str) -> ColumnElement[bool]:
    if not email.isprintable():
        return false()
    return locks.c.customer_email.in_({email, email.lower()})


def _is_meant_by(words: str) -> ColumnElement[bool]:
    """Build the condition that a checkout is what somebody calls so: reference, e-mail, or a number of it."""
    meant: list[ColumnElement[bool]] = []
    if sum(character.isalnum() for character in words) == _REFERENCE_LETTERS and words.isprintable():
        meant.append(locks.c.reference == normalise_reference(words))
    if "@" in words:
        meant.append(_has_email(words))
    if words.isascii() and words.isdigit() and len(words) <= _LONGEST_NUMBER and is_id(int(words)):
        meant += [locks.c.id == int(words), locks.c.cart_id == int(words)]
    return or_(*meant) if meant else false()
