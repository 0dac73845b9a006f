"""The address where a shopper comes back to from their bank: it names the checkout, signed, for whatever browser."""

from __future__ import annotations

import hashlib

from itsdangerous import BadSignature, Signer

PATH = "/checkout/return"


def return_address(reference: str, *, public_url: str, secret_key: str) -> str:
    """Make the address for a checkout; the same one at every call."""
    return f"{public_url}{PATH}?checkout={sign_reference(reference, secret_key=secret_key)}"


def sign_reference(reference: str, *, secret_key: str) -> str:
    """Sign a checkout's reference, so that nobody comes to one by guessing."""
    return _signer(secret_key).sign(reference).decode()


def read_reference(signed: str, *, secret_key: str) -> str | None:
    """Give the reference that was signed; None when it was not signed by us."""
    try:
        return _signer(secret_key).unsign(signed).decode()
    except (BadSignature, UnicodeError):
        return None


def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="checkout-return", digest_method=hashlib.sha256)
