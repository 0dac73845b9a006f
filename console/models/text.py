"""What text is, whoever writes it: all of Unicode but what nobody sees and what turns the reading round.

One place for names, addresses, reasons, codes and files. Controls, lone surrogates and bidirectional overrides are no
text; soft hyphens, joiners and direction marks are, for names and emoji are written with them.
"""

from __future__ import annotations

import re
import unicodedata

# As a class of characters, in the syntax that Python, pydantic and JSON Schema share.
NO_TEXT = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_UNSEEN = {"Cc", "Cf", "Cn", "Cs"}
_NO_TEXT = re.compile(rf"[{NO_TEXT}\ud800-\udfff]")


def is_text(written: str) -> bool:
    """Tell whether there is nothing in it that is no text; lines of text are asked one by one."""
    return _NO_TEXT.search(written) is None


def in_nfc(written: str) -> str:
    """Give it in Unicode's composed form, so that what looks the same is the same, and as long."""
    return unicodedata.normalize("NFC", written)


def without_unseen(written: str) -> str:
    """Give it without what nobody sees, all blanks as one each: for reading what is meant, never for keeping."""
    seen = (" " if each.isspace() else each for each in written if each.isspace() or not _is_unseen(each))
    return " ".join("".join(seen).split())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN
