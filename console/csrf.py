"""Forms are taken from our own pages only: the token protects, the browser's own word helps, each refusal says why."""

from __future__ import annotations

from flask import current_app, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect, same_origin, validate_csrf
from itsdangerous import BadData
from wtforms import ValidationError  # type: ignore[import-untyped]

OLD, NO_VISIT, OTHER_VISIT, FORGED = "old", "no_visit", "other_visit", "forged"
REASONS = {
    OLD: "This page was open for more than an hour, so nothing was done. Open it again, and send it once more.",
    NO_VISIT: "Your browser sent no cookie of ours along, so nothing was done: cookies are switched off, or it was "
    "closed and opened again since. Open the page again, and send it once more.",
    OTHER_VISIT: "This page is from before somebody signed in or out in this browser, so nothing was done. Open it "
    "again, and send it once more.",
    FORGED: "This was not sent from a page of ours, so nothing was done. Open the page again, and send it from there.",
}
FOREVER_SECONDS = 10 * 365 * 24 * 3600


class FormRefused(CSRFError):
    """A form that is not taken: `why` is the reason in one word, the description says it to people."""

    def __init__(self, why: str) -> None:
        super().__init__(REASONS[why])
        self.why = why


class FormGuard(CSRFProtect):
    """Flask-WTF's protection, for browsers that send no `Referer` too.

    Over HTTPS Flask-WTF asks for one, and takes its lack for an attack. It is the token that a foreign page does not
    have; what the browser says of itself is believed where it speaks against the form.
    """

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - as Flask-WTF has it
        """Check the request at hand, unless its view takes forms from anywhere.

        Raises:
            FormRefused: when it is not of a page of ours, or of one that is too old.
        """
        if apply_exemptions and (not request.endpoint or self._is_exempt()):
            return
        if request.method not in current_app.config["WTF_CSRF_METHODS"]:
            return
        why = FORGED if is_from_elsewhere() else doubt_about(self._get_csrf_token())
        if why is not None:
            raise FormRefused(why)
        g.csrf_valid = True  # so that no form checks it again


def is_from_elsewhere() -> bool:
    """Tell whether the browser says that another site's page sent the form; one that says nothing does not.

    Without HTTPS at our end the host's name may be that of a proxy's own making, and is not compared.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    sender = request.headers.get("Origin") or request.referrer
    if sender in (None, "null") or not request.is_secure:
        return False
    return not same_origin(sender, request.host_url)


def doubt_about(token: str | None) -> str | None:
    """Tell why a form's token is not believed; None when it is.

    Only one that is `OLD` is proven to be of this visit's own page.
    """
    try:
        validate_csrf(token)
    except ValidationError:
        return _doubt_about(token)
    return None


def _doubt_about(token: str | None) -> str:
    if token and current_app.config["WTF_CSRF_FIELD_NAME"] not in session:
        return NO_VISIT
    try:
        validate_csrf(token, time_limit=FOREVER_SECONDS)
    except ValidationError as doubt:
        return FORGED if not token or isinstance(doubt.__cause__, BadData) else OTHER_VISIT
    return OLD
