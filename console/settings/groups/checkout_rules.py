"""Settings of how a checkout goes: how long it may take, what it reserves and prices, who may drive it."""

from __future__ import annotations

from console.settings.kinds import BOOLEAN, CURRENCY, whole
from console.settings.setting import Setting

WEEK_MINUTES = 7 * 24 * 60

SETTINGS: tuple[Setting, ...] = (
    Setting("CHECKOUT_CURRENCY", CURRENCY, "GBP", "currency of a cart that names none"),
    Setting("CHECKOUT_TTL_MINUTES", whole(1, WEEK_MINUTES), 15, "how long a checkout may take", "minutes"),
    Setting("CHECKOUT_MAX_TTL_MINUTES", whole(1, WEEK_MINUTES), 60, "the longest a caller may ask for", "minutes"),
    Setting("CHECKOUT_RESERVE_ON_START", BOOLEAN, False, "reserve stock and lock prices at the start already"),
    Setting("CHECKOUT_PRICES_INCLUDE_TAX", BOOLEAN, False, "catalogue prices already include tax"),
    Setting(
        "CHECKOUT_PRICE_DRIFT_TOLERANCE",
        whole(0, 10**9),
        1,
        "price drift that raises no event",
        "minor units",
    ),
    Setting("CHECKOUT_PREVENT_CONCURRENT", BOOLEAN, True, "refuse a second session of a cart in checkout"),
    Setting("CHECKOUT_ENABLE_CART_PROTECTION", BOOLEAN, True, "switch of the protecting decorator and mixin"),
)
