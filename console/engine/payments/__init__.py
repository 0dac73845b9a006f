"""Payments: the gateway's protocol, the operations written down before each call, and what their answers lead to."""

from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, NoAnswer, PaymentGateway

__all__ = ["GatewayAnswer", "GatewayRequest", "NoAnswer", "PaymentGateway"]
