"""The console's actions, for the admin API: the same verbs, the same audit trail."""

from __future__ import annotations

from console.casebook.documents import LockDocument
from console.engine.staff.action_requests import ActionRequest, AskedResolution, perform
from console.engine.staff.allowed import Action
from console.extensions import current_settings, db
from console.web.api.admin.bodies import Extension, ResolveInput, Retrial, Undoing
from console.web.api.admin.locks import describe_to_caller
from console.web.api.callers import caller
from console.web.api.calls import Call, route
from console.web.shared.fields import Input

_REFUSALS = ("not_found", "invalid", "stale", "not_allowed", "in_progress")


def _call(body: type[Input], *more_refusals: str) -> Call:
    return Call({200: LockDocument}, body=body, refusals=(*_REFUSALS, *more_refusals), is_admin=True)


@route("POST", "/admin/locks/<row_id:lock_id>/release", _call(Undoing))
def release_lock(lock_id: int, body: Undoing) -> LockDocument:
    """Take a checkout off its cart and undo it."""
    return _do(lock_id, ActionRequest(Action.RELEASE, body.version, reason=body.reason))


@route("POST", "/admin/locks/<row_id:lock_id>/expire", _call(Undoing))
def expire_lock(lock_id: int, body: Undoing) -> LockDocument:
    """End a checkout's time now and undo it."""
    return _do(lock_id, ActionRequest(Action.EXPIRE, body.version, reason=body.reason))


@route("POST", "/admin/locks/<row_id:lock_id>/extend", _call(Extension))
def extend_lock(lock_id: int, body: Extension) -> LockDocument:
    """Give a checkout so many minutes from now."""
    minutes = body.ttl_minutes or current_settings().checkout_ttl_minutes
    return _do(lock_id, ActionRequest(Action.EXTEND, body.version, reason=body.reason, ttl_minutes=minutes))


@route("POST", "/admin/locks/<row_id:lock_id>/retry", _call(Retrial))
def retry_lock(lock_id: int, body: Retrial) -> LockDocument:
    """Take a checkout up again now and drive it on."""
    return _do(lock_id, ActionRequest(Action.RETRY, body.version, reason=body.reason))


@route("POST", "/admin/locks/<row_id:lock_id>/resolve", _call(ResolveInput, "contradicted"))
def resolve_lock(lock_id: int, body: ResolveInput) -> LockDocument:
    """Say what became of a payment whose end is in doubt; the gateway is asked first, and its word goes before."""
    resolution = AskedResolution(body.operation_id, happened=body.happened, provider_reference=body.provider_reference)
    return _do(lock_id, ActionRequest(Action.RESOLVE, body.version, reason=body.reason, resolution=resolution))


def _do(lock_id: int, asked: ActionRequest) -> LockDocument:
    perform(db.session(), asked, lock_id=lock_id, actor=caller())
    return describe_to_caller(lock_id)
