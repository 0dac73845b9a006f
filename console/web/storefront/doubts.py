"""Why a form was not believed, told by the page that its sender is led to, in the address: the session stays untouched.

A form that another site's page sends would otherwise take the shopper's session away, and their cart with it.
"""

from __future__ import annotations

from flask import request, session, url_for
from werkzeug import Response

from console.csrf import FORGED, NO_VISIT, OTHER_VISIT, REASONS
from console.web.storefront.redirects import see
from console.web.storefront.shopper import device_id

COOKIES_TRIED = "cookies"
COOKIES_OFF = (
    "Cookies are switched off in this browser, so nothing was done. The shop knows your cart by one: switch them on "
    "for this site, and try again."
)
VISIT_ENDED = (
    "Your visit had ended: the browser was closed, or its cookies were cleared. Nothing was done; try once more."
)


def try_cookies() -> Response | None:
    """Set a cookie where a form came without one: whether it comes back tells what was wrong."""
    if request.method != "GET" or request.args.get("refused") != NO_VISIT or session:
        return None
    device_id()
    return see(url_for(str(request.endpoint), refused=COOKIES_TRIED, **(request.view_args or {})))


def told_doubt() -> str | None:
    """Say why the form was not believed whose sender was led to this page; None for everybody else."""
    why = request.args.get("refused") if request.method == "GET" else None
    if why == COOKIES_TRIED:
        return VISIT_ENDED if session else COOKIES_OFF
    if why == NO_VISIT:  # the browser has our cookie, and did not send it along: so it does for other sites' pages
        return REASONS[FORGED]
    return REASONS[why] if why in (FORGED, OTHER_VISIT) else None
