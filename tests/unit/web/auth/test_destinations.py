"""Where signing in may lead: to our own pages, however the wish is spelt."""

from __future__ import annotations

import pytest

from console.web.auth.destinations import local_path


@pytest.mark.parametrize(
    "wanted", ["/", "/admin/", "/admin/checkout-locks/?state=failed&q=a%2Fb", "/a?next=https://b/"]
)
def test_our_own_pages_may_be_wanted(wanted: str) -> None:
    assert local_path(wanted, default="/admin/") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "//[",
        "/" + "a" * 3000,
    ],
)
def test_everything_else_leads_to_the_first_page(wanted: str | None) -> None:
    assert local_path(wanted, default="/admin/") == "/admin/"
