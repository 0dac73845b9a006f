"""All lists of the console, and their rows as people read them."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.listing import Listing
from console.web.shared.listing.lock_list import LOCKS
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS
from console.web.shared.listing.user_list import USERS

ALL = (LOCKS, ORDERS, PAYMENTS, SNAPSHOTS, RESERVATIONS, STOCK_LEVELS, AUDIT, USERS)
TABBED = [listing for listing in ALL if listing.tabs]
ROW = re.compile(r'<tr role="row">\s*<td.*?</tr>', re.DOTALL)
TAGS = re.compile(r"<[^>]+>")
_TIME = re.compile(r'<time [^>]*title="([^"]*)">.*?</time>', re.DOTALL)


def url_of(listing: Listing, page: str = "") -> str:
    return f"/admin/{listing.name.replace('_', '-')}/{page}"


def read_row(row: str) -> str:
    """Read a row as people do, its times exact: "12 s ago" is another text a moment later."""
    return " ".join(TAGS.sub(" ", _TIME.sub(r"\1", row)).split())


def rows_of(client: FlaskClient, listing: Listing, **arguments: str) -> list[str]:
    """Give the rows of a list as people read them."""
    page = client.get(url_of(listing), query_string=arguments)
    assert page.status_code == 200, page.text
    return [read_row(row) for row in ROW.findall(page.text)]
