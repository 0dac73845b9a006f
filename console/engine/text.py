"""What text is, whoever writes it: all of Unicode but what nobody sees and what turns the reading round.

One place for names, addresses, reasons, codes and files. Controls, lone surrogates and bidirectional overrides are no
text; soft hyphens, joiners and direction marks are, for names and emoji are written with them.
"""

from __future__ import annotations

import re
import unicodedata

# As a class of characters, in the syntax that Python, pydantic and JSON Schema share.
CONTROLS = r"\x00-\x1f\x7f-\x9f"
NO_TEXT = CONTROLS + r"\u202a-\u202e\u2066-\u2069"
_NO_TEXT = re.compile(rf"[{NO_TEXT}\ud800-\udfff]")
_HIGHEST_BUT_ACCENTS = 9  # combining classes up to this one are letters' own signs: nukta, voicing mark, virama
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
)


def is_text(written: str) -> bool:
    """Tell whether there is nothing in it that is no text; lines of text are asked one by one."""
    return _NO_TEXT.search(written) is None


def in_nfc(written: str) -> str:
    """Give it in Unicode's composed form, so that what looks the same is the same, and as long."""
    return unicodedata.normalize("NFC", written)


def fold(written: str) -> str:
    """Give what two spellings have in common; case, accents, widths, blanks and invisible characters do not count.

    For finding, never for showing: `Äpfel`, `apfel` and ` APFEL` are one.
    """
    letters = unicodedata.normalize("NFKD", written.casefold())
    kept = (each for each in letters if not _is_beside_the_letters(each))
    return " ".join("".join(kept).casefold().translate(_PLAIN).split())


def _is_beside_the_letters(character: str) -> bool:
    return unicodedata.combining(character) > _HIGHEST_BUT_ACCENTS or unicodedata.category(character) == "Cf"


def email_key(address: str) -> str:
    """Give what an e-mail address is compared and found by: its letters without regard to case."""
    return in_nfc(in_nfc(address.strip()).casefold())
