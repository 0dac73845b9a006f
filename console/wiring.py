"""Tying the engine to an installation: its settings, its gateway."""

from __future__ import annotations

import importlib
from functools import partial
from typing import cast

from sqlalchemy import Engine

from console.engine.payments.gateway import PaymentGateway
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.return_address import return_address
from console.settings import Settings, SettingsError

GATEWAY_CALLS = ("authorize", "capture", "void", "refund", "find")


def wire_engine(database: Engine, settings: Settings) -> None:
    """Say how checkouts on a database are run, by the settings.

    Raises: SettingsError when the gateway they name cannot be had.
    """
    attach(database, config=checkout_config(settings), gateway=build_gateway(settings))


def checkout_config(settings: Settings) -> CheckoutConfig:
    """Pick out what the engine needs to know."""
    return CheckoutConfig(
        ttl_minutes=settings.checkout_ttl_minutes,
        max_ttl_minutes=settings.checkout_max_ttl_minutes,
        reserve_on_start=settings.checkout_reserve_on_start,
        prices_include_tax=settings.checkout_prices_include_tax,
        price_drift_tolerance_minor=settings.checkout_price_drift_tolerance,
        prevent_concurrent=settings.checkout_prevent_concurrent,
        gateway_timeout_seconds=settings.checkout_gateway_timeout,
        auth_timeout_seconds=settings.checkout_payment_auth_timeout,
        capture_timeout_seconds=settings.checkout_payment_capture_timeout,
        currency=settings.checkout_currency,
        return_url=partial(return_address, public_url=settings.public_url, secret_key=settings.secret_key),
        # Requests that wait for another's end must leave threads for that other.
        waiting_requests=max(1, settings.web_threads // 2),
    )


def build_gateway(settings: Settings) -> PaymentGateway:
    """Make the gateway that the settings name: the sandbox, or a class of the shop's own, made without arguments.

    Raises: SettingsError when there is no such class, or it lacks one of the five calls.
    """
    path = settings.checkout_payment_gateway
    if path == "sandbox":
        return SandboxGateway(
            settings.sandbox_gateway_database_url,
            public_url=settings.public_url,
            webhook_secret=settings.sandbox_webhook_secret,
        )
    return _own_gateway(path)


def _own_gateway(path: str) -> PaymentGateway:
    module_name, _, class_name = path.partition(":")
    try:
        gateway_class = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"CHECKOUT_PAYMENT_GATEWAY={path!r} cannot be loaded: {error}") from error
    missing = [call for call in GATEWAY_CALLS if not callable(getattr(gateway_class, call, None))]
    if missing:
        raise SettingsError(f"CHECKOUT_PAYMENT_GATEWAY={path!r} is no gateway: it lacks {', '.join(missing)}")
    return cast(PaymentGateway, gateway_class())
