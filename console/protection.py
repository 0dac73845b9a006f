"""The kit for shops, under its public name; `console.web.shared.cart_protection` has it."""

from __future__ import annotations

from console.web.shared.cart_protection import (
    CURRENT_CART,
    CheckoutLockValid,
    ChecksCheckoutLock,
    CurrentCart,
    can_resume,
    format_duration,
    get_active_lock,
    get_state_name,
    get_status,
    is_cart_locked,
    protect_cart,
)

__all__ = [
    "CURRENT_CART",
    "CheckoutLockValid",
    "ChecksCheckoutLock",
    "CurrentCart",
    "can_resume",
    "format_duration",
    "get_active_lock",
    "get_state_name",
    "get_status",
    "is_cart_locked",
    "protect_cart",
]
