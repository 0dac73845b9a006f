"""Text in a request is text: in NFC, counted by characters, without what nobody sees and what turns the reading round."""

from __future__ import annotations

import pytest

from console.engine.errors import InvalidInput
from console.web.shared.fields import Filled, Input, validate


class Named(Input):
    """Something with a name."""

    name: Filled


@pytest.mark.parametrize(
    "name", ["👩‍💼", "شركة\u200f", "Donau\u00adampfer", "O\u2019Neil", "e\u0301" * 255, "\U0001f3fa" * 255]
)
def test_a_name_may_be_written_in_any_alphabet(name: str) -> None:
    assert len(validate(Named, {"name": name}).name) <= 255


@pytest.mark.parametrize(
    "name", ["a\x00b", "a\tb", "a\x85b", "a\u202eb", "a\u2067b", "a\ud83d", "\u0344" * 128, "x" * 256, " "]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        validate(Named, {"name": name})


def test_a_name_is_kept_in_composed_form() -> None:
    assert validate(Named, {"name": "Jose\u0301"}).name == "José"
