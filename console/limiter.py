"""Flask-Limiter for an app whose limits all stand at their views."""

from __future__ import annotations

from flask_limiter import Limiter


class ViewLimiter(Limiter):
    """A limiter that looks at the requests of the views it limits, and at no others.

    Flask-Limiter looks at each request twice: before its view is found, for the limits of the app and its blueprints,
    and again where the view is limited. There are none of the first kind here.
    """

    def _check_request_limit(  # the names and their order are Flask-Limiter's
        self,
        callable_name: str | None = None,
        in_middleware: bool = True,  # noqa: FBT001, FBT002
    ) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)
