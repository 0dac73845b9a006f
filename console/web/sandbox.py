"""The sandbox gateway's 3-D Secure page: where the shopper's bank would ask whether it is really them who pays."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from werkzeug import Response
from werkzeug.exceptions import ServiceUnavailable

from console.csrf import FORGED, REASONS
from console.engine.payments.gateway import NoAnswer
from console.engine.runtime import runtime_of
from console.extensions import SETTINGS_KEY, db
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.challenges import Challenge, ShopperVerdict
from console.web.shared import error_pages
from console.web.shared.links import path_if_ours
from console.web.shared.resources import Money

SEE_OTHER = 303
GONE = 410
DECISIONS = {"approve": True, "refuse": False}

blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox")


def register(app: Flask) -> None:
    """Give an app the page, if its payments go to the sandbox."""
    if app.extensions[SETTINGS_KEY].checkout_payment_gateway == "sandbox":
        app.register_blueprint(blueprint)


@blueprint.after_request
def _forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(NoAnswer)
def explain_silence(_silence: NoAnswer) -> Response:
    """Say that the gateway's ledger is out of reach; a form leads back to its page, which says so."""
    if request.method == "POST":
        return _back_to_page()
    return error_pages.show(ServiceUnavailable("The bank cannot be reached. Nothing was charged; try again shortly."))


@blueprint.get("/3ds/<challenge_id>")
def show_challenge(challenge_id: str) -> Response:
    """Ask the shopper to approve or refuse a payment, or say what became of it."""
    return _page(_find(challenge_id))


@blueprint.post("/3ds/<challenge_id>")
def decide_challenge(challenge_id: str) -> Response:
    """Take the shopper's word and send them back to the shop; a second word changes nothing."""
    challenge = _find(challenge_id)
    is_approved = DECISIONS.get(request.form.get("decision", ""))
    if is_approved is None:
        return _back_to_page()
    decided = _gateway().decide_challenge(challenge, is_approved=is_approved)
    if decided.verdict == ShopperVerdict.VOIDED:
        return _back_to_page()
    return redirect(_way_back(decided), SEE_OTHER)


@blueprint.errorhandler(CSRFError)
def explain_doubt(error: CSRFError) -> Response:
    """Ask anew whoever sent a form that is not believed, and say why."""
    return _back_to_page(refused=getattr(error, "why", FORGED))


def _back_to_page(*, refused: str | None = None) -> Response:
    """Lead a form back to its page: no reload sends it again."""
    challenge_id = (request.view_args or {})["challenge_id"]
    return redirect(url_for(".show_challenge", challenge_id=challenge_id, refused=refused), SEE_OTHER)


def _page(challenge: Challenge) -> Response:
    page = render_template(
        "sandbox/challenge.html",
        challenge=challenge,
        amount=Money(amount=challenge.amount_minor, currency=challenge.currency),
        form=FlaskForm(),
        way_back=_way_back(challenge),
        doubt=REASONS.get(request.args.get("refused", "")),
    )
    return make_response(page, GONE if challenge.verdict == ShopperVerdict.VOIDED else 200)


def _way_back(challenge: Challenge) -> str:
    return path_if_ours(challenge.return_url) if challenge.return_url else url_for("storefront.home")


def _find(challenge_id: str) -> Challenge:
    challenge = _gateway().find_challenge(challenge_id.replace("\x00", ""))
    if challenge is None:
        abort(404)
    return challenge


def _gateway() -> SandboxGateway:
    gateway = runtime_of(db.session()).gateway
    if not isinstance(gateway, SandboxGateway):
        abort(404)
    return gateway
