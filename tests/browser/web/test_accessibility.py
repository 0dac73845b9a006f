"""WCAG 2.2 AA by axe, on every page; in the dark what colours decide, for nothing else is another page there."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.support.web.visits import Admit, Reprice, fill_cart, give_details, pay

Scheme = Literal["light", "dark"]

AXE = Axe().axe_script
RULES: dict[Scheme, dict[str, Any]] = {
    "light": {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "dark": {
        "resultTypes": ["violations"],
        "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    },
}
SHOP = [
    "/",
    "/products/MUG-01",
    "/?q=nothing-like-it",
    "/cart",
    "/checkout",
    "/checkout/result",
    "/nowhere",
    "/login",
    "/api/v1/docs",
]
CONSOLE = [
    "/admin/",
    "/admin/checkout-locks/",
    "/admin/checkout-locks/?state=failed",
    "/admin/checkout-locks/details/?id=1",
    "/admin/orders/",
    "/admin/payments/",
    "/admin/price-snapshots/",
    "/admin/stock-reservations/",
    "/admin/stock-levels/",
    "/admin/audit/",
    "/admin/users/",
]


def complaints(page: Page) -> list[str]:
    """Tell what axe finds in a page as it stands, in the light and in the dark."""
    page.wait_for_load_state()
    page.evaluate(AXE)
    return [complaint for scheme in RULES for complaint in _complaints(page, scheme)]


def _complaints(page: Page, scheme: Scheme) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    violations = page.evaluate("rules => axe.run(rules)", RULES[scheme])["violations"]
    return [
        f"{page.url}, {scheme}: {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def test_the_shop_can_be_used_by_everybody(desktop: BrowserContext, reprice: Reprice) -> None:
    page = desktop.new_page()
    found = []
    for path in SHOP:
        page.goto(path)
        found += complaints(page)
    fill_cart(page)
    found += complaints(page)
    page.goto("/checkout")
    found += complaints(page)
    give_details(page)
    found += complaints(page)
    reprice(1950)
    pay(page, card="Approve the payment")
    found += complaints(page)
    page.goto("/cart")
    found += complaints(page)

    assert found == []


def test_the_bank_s_page_can_be_used_by_everybody(desktop: BrowserContext) -> None:
    page = desktop.new_page()
    fill_cart(page)
    give_details(page)
    pay(page, card="Ask your bank first (3-D Secure)")
    found = complaints(page)
    page.get_by_role("link", name="Go to your bank").click()
    bank = page.url
    found += complaints(page)
    page.get_by_role("button", name="Refuse").click()
    found += complaints(page)
    page.goto(bank)
    found += complaints(page)

    assert found == []


def test_the_console_can_be_used_by_everybody(desktop: BrowserContext, admit: Admit) -> None:
    page = desktop.new_page()
    admit(desktop, "admin")
    found = []
    for path in CONSOLE:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found += complaints(page)

    assert found == []


def test_a_confirmation_can_be_used_by_everybody(desktop: BrowserContext, admit: Admit) -> None:
    page = desktop.new_page()
    admit(desktop, "support")
    page.goto("/admin/checkout-locks/?state=pending")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Release").click()

    assert complaints(page) == []


def test_resolving_can_be_done_by_everybody(desktop: BrowserContext, admit: Admit) -> None:
    page = desktop.new_page()
    admit(desktop, "admin")
    page.goto("/admin/checkout-locks/?needs_attention=true")
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Resolve").click()

    assert page.get_by_role("radio", name="Yes, it happened").is_visible()
    assert complaints(page) == []
