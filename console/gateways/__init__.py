"""Payment gateways: each a class behind the engine's protocol, with what only it needs."""
