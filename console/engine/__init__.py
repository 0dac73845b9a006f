"""The checkout engine: the public verbs, and what they take.

Each verb takes a `Session` first; all but `create_cart` run transactions of their own on it. What a checkout is, and
what must hold, is written in docs/engine.md, with the rules and invariants that comments cite by number.
"""

from console.engine.cart.carts import Addresses, LineRequest
from console.engine.cart.creation import create_cart
from console.engine.checkout import advance, cancel, process, resume, start
from console.engine.errors import CheckoutError
from console.engine.phases.phase import Payment
from console.engine.staff.actions import expire, extend, release, retry
from console.engine.staff.resolution import resolve

__all__ = [
    "Addresses",
    "CheckoutError",
    "LineRequest",
    "Payment",
    "advance",
    "cancel",
    "create_cart",
    "expire",
    "extend",
    "process",
    "release",
    "resolve",
    "resume",
    "retry",
    "start",
]
