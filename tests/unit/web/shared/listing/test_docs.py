"""The docs name what every list can be asked."""

from __future__ import annotations

import re

import pytest

from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.listing import Listing
from console.web.shared.listing.lock_list import LOCKS
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS
from console.web.shared.listing.user_list import USERS
from tests.support.places import ROOT

ALL = (LOCKS, ORDERS, PAYMENTS, SNAPSHOTS, RESERVATIONS, STOCK_LEVELS, AUDIT, USERS)
ABOUT_OBJECTS = {"checkout_lock"}  # what the audit's filter is explained by
DOCS = ROOT / "docs" / "console.md"


@pytest.mark.parametrize("listing", ALL, ids=lambda listing: listing.name)
def test_the_docs_name_the_tabs_filters_and_sorts_of_each_list(listing: Listing) -> None:
    line = re.search(rf"^\| `/admin/{listing.name.replace('_', '-')}/`[^|]*\|(.*)\|$", DOCS.read_text(), re.MULTILINE)
    assert line
    tabs, filters, sorts = (re.findall(r"`(\w+)`", cell) for cell in line[1].split("|"))

    assert tabs == [listing.tabs] * (listing.tabs is not None)
    assert {*tabs, *filters} - ABOUT_OBJECTS == {one.name for one in listing.filters}
    assert set(sorts) == set(listing.all_sorts)
