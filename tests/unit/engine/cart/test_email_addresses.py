"""E-mail addresses as people type them: syntax alone decides."""

from __future__ import annotations

import pytest

from console.engine.cart.addresses import read_email


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  ada@example.org\t", "ada@example.org"),
        ("Ada.Lovelace@Example.ORG", "Ada.Lovelace@Example.ORG"),
        ("ada+shop@example.co.uk", "ada+shop@example.co.uk"),
        ("o'hara@example.org", "o'hara@example.org"),
        ("jürgen@exämple.de", "jürgen@exämple.de"),
        ("ju\u0308rgen@example.org", "jürgen@example.org"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ada@shop.test", "ada@shop.test"),
        ("ada@shop.EXAMPLE", "ada@shop.EXAMPLE"),
        ("ada@printer.local", "ada@printer.local"),
        ("ada@nobody.invalid", "ada@nobody.invalid"),
        ("ada@shop.localhost", "ada@shop.localhost"),
    ],
)
def test_an_address_is_kept_as_it_was_typed(typed: str, read: str) -> None:
    assert read_email(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ada",
        "ada@",
        "@example.org",
        "ada@localhost",
        "ada@test",
        "ada@.test",
        "ada@example",
        "ada@example.",
        "ada@exam ple.org",
        "a da@example.org",
        "ada@@example.org",
        "ada@example..org",
        "ada..l@example.org",
        "ada@-example.org",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        "Ada <ada@example.org>",
        "ada@example.org, eve@example.org",
        "ada@example.org\nBcc: eve@example.org",
        "ada@example.org\x00",
        "\u202eada@example.org",
        "\ud800@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a." * 126 + "org",
    ],
)
def test_what_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        read_email(typed)
