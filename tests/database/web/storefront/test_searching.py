"""The catalogue's search forgives case, accents and blanks, and its pages go on behind whatever name, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from console.engine.store.database import create_database
from console.engine.store.tables import variants
from console.models.folding import fold, folded
from console.testing.factories import Shop
from console.web.storefront.catalogue import PAGE_SIZE
from tests.support.databases import empty_database
from tests.support.installation import migrate
from tests.support.web.browser import Browser

NAMES = {
    "APPLE": "Äpfel aus dem Garten",
    "CAFE": "Café crème",
    "STREET": "Straßenkreide",
    "MUG": "Speckled  mug",
    "BORSCH": "Борщ по-киевски",
    "KIMONO": "浴衣",
    "HYPHEN": "Donau\u00addampfschiff",
}
FOUND = {
    "äpfel": "APPLE",
    "APFEL": "APPLE",
    "a\u0308pfel": "APPLE",
    " cafe ": "CAFE",
    "CAFÉ CREME": "CAFE",
    "strassen": "STREET",
    "STRAẞE": "STREET",
    "speckled mug": "MUG",
    "speckled\u00a0mug": "MUG",
    "борщ": "BORSCH",
    "ПО-КИЕВ": "BORSCH",
    "浴": "KIMONO",
    "dampfschiff": "HYPHEN",
    "Donaudampf": "HYPHEN",
    "mug speckled": None,
}
LONG_NAMES = {
    "a soft hyphen": "\u00adAA soft hyphen",
    "joined emoji": "👩‍🍳" * 85,
    "an Arabic mark": "شركة\u200f",
    "the longest": "\U0001f3fa" * 255,
    "quotes": "\"'\\" * 85,
}


def skus_on(browser: Browser) -> list[str]:
    return re.findall(r'href="/products/([^"]+)"', browser.page.text)


def test_goods_are_found_in_any_spelling(shop: Shop, browser: Browser) -> None:
    for sku, name in NAMES.items():
        shop.sell(sku, name=name)

    found = {}
    for wanted in FOUND:
        browser.open("/", query_string={"q": wanted})
        found[wanted] = skus_on(browser)

    assert found == {wanted: [sku] if sku else [] for wanted, sku in FOUND.items()}


@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES)
def test_the_next_page_is_found_behind_any_name(shop: Shop, browser: Browser, name: str) -> None:
    for number in range(PAGE_SIZE + 2):
        shop.sell(f"SKU-{number:02}", name=name)

    first = skus_on(browser) if browser.open("/").status_code == 200 else []
    (following,) = re.findall(r'href="(/\?cursor=[^"]+)" rel="next"', browser.page.text)
    browser.open(following)
    by_api = browser.client.get("/api/v1/products", query_string={"limit": 1}).get_json()
    second = browser.client.get("/api/v1/products", query_string={"limit": 1, "cursor": by_api["next_cursor"]})

    assert sorted(first + skus_on(browser)) == [f"SKU-{number:02}" for number in range(PAGE_SIZE + 2)]
    assert (second.status_code, [row["name"] for row in second.get_json()["data"]]) == (200, [name])


@pytest.mark.databases("postgresql")
def test_python_and_postgresql_fold_alike(database: Engine) -> None:
    letters = [chr(code) for code in range(0x20, 0x3100) if not 0x7F <= code < 0xA0]
    words = (
        text("SELECT word FROM unnest(CAST(:words AS text[])) AS word").columns(word=variants.c.name.type).subquery()
    )

    with database.connect() as connection:
        rows = connection.execute(
            select(words.c.word, folded(words.c.word)), {"words": [f"x{each}X" for each in letters]}
        )
        apart = {word: ours for word, ours in rows if ours != fold(word)}

    assert apart == {}


def test_a_large_catalogue_is_searched_by_an_index(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as url:
        migrate(url, tmp_path)
        database = create_database(url)
        search = select(variants.c.id).where(folded(variants.c.name + " " + variants.c.sku).contains("speckled"))
        with database.connect() as connection:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = connection.execute(
                text(f"EXPLAIN {search.compile(connection, compile_kwargs={'literal_binds': True})}")
            )
            steps = "\n".join(plan.scalars())
        database.dispose()

    assert "ix_variants_searched" in steps
