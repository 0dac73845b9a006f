"""What text is, whoever writes it: all of Unicode but what nobody sees and what turns the reading round.

One place for names, addresses, reasons, codes and files. Controls, lone surrogates and bidirectional overrides are no
text; soft hyphens, joiners and direction marks are, for names and emoji are written with them.
"""

from __future__ import annotations

import re
import unicodedata

# As a class of characters, in the syntax that Python, pydantic and JSON Schema share.
NO_TEXT = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_NO_TEXT = re.compile(rf"[{NO_TEXT}\ud800-\udfff]")


def is_text(written: str) -> bool:
    """Tell whether there is nothing in it that is no text; lines of text are asked one by one."""
    return _NO_TEXT.search(written) is None


def in_nfc(written: str) -> str:
    """Give it in Unicode's composed form, so that what looks the same is the same, and as long."""
    return unicodedata.normalize("NFC", written)


def email_key(address: str) -> str:
    """Give what an e-mail address is compared by: its letters without regard to case."""
    return in_nfc(in_nfc(address.strip()).casefold())
