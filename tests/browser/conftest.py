"""A real browser against a real server: Debian's Chromium, gunicorn, and the demo shop on a SQLite file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import create_engine, select, update

from console.demo.seeding import seed_demo
from console.extensions import db
from console.models import Variant, VariantPrice
from console.people.accounts import create_user
from console.testing.databases import PreparedDatabase
from tests.support.installation import build_app, close
from tests.support.services import ARE_REQUIRED
from tests.support.web.console_visits import PASSWORD
from tests.support.web.gunicorn import Server, serve
from tests.support.web.visits import Admit, Lend, Reprice, sign_in

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--process-per-site"]  # a new page joins the process that has the shop open already
CHECKOUTS = 24
MUG = "MUG-01"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium; where services are required, it must be there."""
    if CHROMIUM is None and not ARE_REQUIRED:
        pytest.skip("no chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop_database(prepared_sqlite: PreparedDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name the database of the shop that is served."""
    return prepared_sqlite.fresh(tmp_path_factory.mktemp("browsed_database"))


@pytest.fixture(scope="session")
def shop_server(shop_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the demo shop, with one user for each role."""
    folder, url = tmp_path_factory.mktemp("browsed"), shop_database
    app = build_app(url, folder)
    with app.app_context():
        seed_demo(db.session(), checkouts=CHECKOUTS, actor="tests")
        for role in ("viewer", "support", "admin"):
            create_user(db.session(), email=f"{role}@example.org", password=PASSWORD, role=role)
        db.session.commit()
        db.session.remove()
    close(app)
    with serve(url, folder, workers=1) as server:
        yield server


@pytest.fixture(scope="session")
def address(shop_server: Server) -> str:
    """Name the shop's address."""
    return f"http://127.0.0.1:{shop_server.port}"


@pytest.fixture(scope="session")
def lend(browser: Browser, address: str) -> Lend:
    """Lend one device of a kind to one test after another, each time without cookies: a new one costs a whole test."""
    devices: dict[str, BrowserContext] = {}

    @contextmanager
    def lend(**kind: Any) -> Iterator[BrowserContext]:
        if str(kind) not in devices:
            devices[str(kind)] = browser.new_context(base_url=address, **kind)
            devices[str(kind)].new_page().goto("/livez")  # stays open, and with it the process that shows the shop
        device = devices[str(kind)]
        try:
            yield device
        finally:
            for page in device.pages[1:]:
                page.close()
            device.clear_cookies()

    return lend


@pytest.fixture(params=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Tell what a shopper's phone is like, with and without JavaScript."""
    return {"viewport": {"width": 390, "height": 844}, "java_script_enabled": request.param == "with scripts"}


@pytest.fixture
def shopper(phone: dict[str, Any], lend: Lend) -> Iterator[BrowserContext]:
    """Give a shopper a phone."""
    with lend(**phone) as context:
        yield context


@pytest.fixture(scope="session")
def admit(browser: Browser, shop_server: Server) -> Admit:
    """Sign in by the form once a role, and then by the cookies it gave: an account has ten tries a minute."""
    cookies: dict[str, Any] = {}

    def admit(context: BrowserContext, role: str) -> None:
        if role not in cookies:
            page = browser.new_page(base_url=f"http://127.0.0.1:{shop_server.port}")
            sign_in(page, role)
            cookies[role] = page.context.cookies()
            page.context.close()
        context.add_cookies(cookies[role])

    return admit


@pytest.fixture
def desktop(lend: Lend) -> Iterator[BrowserContext]:
    """Give somebody a desktop, with JavaScript."""
    with lend() as context:
        yield context


@pytest.fixture
def support(lend: Lend, admit: Admit) -> Iterator[BrowserContext]:
    """Give support a desktop, signed in, without JavaScript: the console must not need it."""
    with lend(java_script_enabled=False) as context:
        admit(context, "support")
        yield context


@pytest.fixture
def reprice(shop_database: str) -> Iterator[Reprice]:
    """Change the mug's price behind the shop's back; it is £9.50 again afterwards."""
    engine = create_engine(shop_database)
    of_mug = select(Variant.id).where(Variant.sku == MUG).scalar_subquery()

    def change(pence: int) -> None:
        with engine.begin() as connection:
            connection.execute(update(VariantPrice).where(VariantPrice.variant_id == of_mug).values(unit_price=pence))

    yield change
    change(950)
    engine.dispose()
