"""How one pays: the sandbox's test cards."""

from __future__ import annotations

from console.extensions import current_settings

# What each token makes the sandbox do, in a shopper's words.
SANDBOX_CARDS = {
    "tok_visa": "Approve the payment",
    "tok_declined": "Decline the card",
    "tok_insufficient_funds": "Decline: not enough money",
    "tok_capture_declined": "Authorize, then refuse the capture",
    "tok_slow": "Approve, after three seconds",
    "tok_lost_authorize": "Authorize, and lose the answer",
    "tok_lost_capture": "Take the money, and lose the answer",
    "tok_error_capture": "Fail twice, then take the money",
    "tok_3ds": "Ask your bank first (3-D Secure)",
    "tok_async": "Authorize, and take the money two seconds later",
    "tok_late_capture": "Refuse the capture, and take the money all the same",
    "tok_never_answers": "Never answer: the checkout hangs in doubt",
}


def is_sandbox() -> bool:
    """Tell whether payments go to the sandbox gateway."""
    return bool(current_settings().checkout_payment_gateway == "sandbox")


def card_choices() -> dict[str, str]:
    """Name the test cards by their tokens; none where real money is taken."""
    return SANDBOX_CARDS if is_sandbox() else {}
