"""The sandbox gateway: an outside payment provider with its own ledger, for development, tests and the demo.

One call reads top down: `gateway.py` (the five calls) → `operations.py` (one call in one transaction of the
ledger's database) → `charges.py` (what an operation may do to a payment) and `tokens.py` (how a token behaves).
"""

from console.gateways.sandbox.gateway import SandboxGateway

__all__ = ["SandboxGateway"]
