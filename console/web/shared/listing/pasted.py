"""What support is given and pastes as it comes: the words around it, quotes and invisible characters are not meant."""

from __future__ import annotations

import re

from console.engine.driving.locks import ALPHABET
from console.models.text import in_nfc, without_unseen

_LABEL = re.compile(
    r"(?:(?:ref(?:erence)?|order|checkout|cart|basket|payment|session|id|no|nr|number)\b\.?[\s:#=№]*|[:#=№]\s*)+",
    re.IGNORECASE,
)
_REFERENCE = re.compile(rf"\b(?=([{ALPHABET}]{{4}})[-‐‑–— ]?([{ALPHABET}]{{4}})\b)", re.IGNORECASE)  # noqa: RUF001
_AROUND = " \t\"'`´“”„‘’«»‹›()[]{}<>.,;:!?·•–—"  # noqa: RUF001 - the quotes that people and their programs write
_ADDRESS = re.compile(r"[^\s<>()\[\]\"“”„,;:]{1,64}@[^\s<>()\[\]\"“”„,;:?]{1,255}")


def spoken(words: str) -> str:
    """Give words without what nobody sees, blanks folded, in NFC."""
    return in_nfc(without_unseen(words))


def meanings(words: str) -> list[str]:
    """Give what a name in some words may be, the whole first: `Ref: pi_12` is also `pi_12`, and `Order #45` is `45`."""
    whole = spoken(words)
    bare = whole.strip(_AROUND)
    label = _LABEL.match(bare)
    found = [whole, bare, bare[label.end() :].strip(_AROUND) if label else ""]
    return [each for each in dict.fromkeys(found) if each]


def references_in(words: str) -> list[str]:
    """Find what may be references of checkouts in words, also in orders' numbers: `about O-K7Q2-M9XA`, `k7q2 m9xa`."""
    return ["-".join(found.groups()).upper() for found in _REFERENCE.finditer(spoken(words))]


def address_in(words: str) -> str | None:
    """Find the e-mail address in words: `Ada <ada@example.org>`, `mailto:ada@example.org?subject=…`."""
    found = _ADDRESS.search(spoken(words))
    return found[0].strip(_AROUND) if found else None
