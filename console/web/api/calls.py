"""The calls of the API: each is declared once, with what it takes and what it answers; the OpenAPI document follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn

from flask import Blueprint, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from console.web.api.access import attempted, cart_token
from console.web.api.callers import require_right
from console.web.shared.fields import Input, validate
from console.web.shared.rate_limiting import limited, tell_limit

MOST_DIGITS = 40
BEYOND_EVERY_BOUND = 10**MOST_DIGITS

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.after_request(tell_limit)


@dataclass(frozen=True)
class Call:
    """What a call takes and answers; `refusals` are codes of `console.web.shared.errors.STATUSES`.

    `limit` names the call to the rate limiter; `is_public` calls need no cart token; those of the admin API
    (`is_admin`) need a right in the console instead; `is_for_shops` ones take more from the shop's own token; `headers`
    are optional ones. The body of a `is_signed` call is
    the view's own to read: its signature is over the bytes as they came.
    """

    answers: Mapping[int, type[BaseModel]]
    body: type[Input] | None = None
    is_body_required: bool = True
    query: type[Input] | None = None
    refusals: tuple[str, ...] = ()
    is_public: bool = False
    is_admin: bool = False
    is_for_shops: bool = False
    is_signed: bool = False
    headers: tuple[str, ...] = ()
    limit: str | None = None


@dataclass(frozen=True)
class Operation:
    """A call as it is served."""

    method: str
    path: str
    call: Call
    view: Callable[..., Any]


@dataclass(frozen=True)
class Reply:
    """An answer with a status or headers of its own."""

    model: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


OPERATIONS: list[Operation] = []


def route(method: str, path: str, call: Call) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Serve a view as a call of the API; it is given the path's parts, and `body` and `query` where declared."""

    def serve(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def answer(**arguments: Any) -> Response:
            _let_in(call, view)
            if call.body is not None:
                arguments["body"] = _read_body(call.body, is_required=call.is_body_required)
            if call.query is not None:
                arguments["query"] = validate(call.query, request.args.to_dict())
            return _respond(view(**arguments))

        served = limited(lambda: str(call.limit), attempt=attempted)(answer) if call.limit else answer
        blueprint.add_url_rule(path, view.__name__, served, methods=[method], merge_slashes=False)
        OPERATIONS.append(Operation(method, path, call, view))
        return view

    return serve


def _let_in(call: Call, view: Callable[..., Any]) -> None:
    """Ask for what the call needs before anything else is read."""
    if call.is_admin:
        require_right(f"{blueprint.name}.{view.__name__}")
    elif not call.is_public:
        cart_token()


@blueprint.after_request
def _forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _respond(answered: BaseModel | Reply) -> Response:
    reply = answered if isinstance(answered, Reply) else Reply(answered)
    return Response(reply.model.model_dump_json(), reply.status, reply.headers, mimetype="application/json")


def _read_body(model: type[Input], *, is_required: bool) -> Input:
    raw = request.get_data()
    if not raw and not is_required:
        return validate(model, {})
    if not request.is_json:
        raise UnsupportedMediaType("The body is JSON: send it as application/json.")
    return validate(model, _parse(raw))


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_int=_read_integer, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not valid JSON.") from error


def _read_integer(digits: str) -> int:
    # Python refuses to read thousands of digits; the number is valid JSON all the same, and out of every bound.
    return int(digits) if len(digits) <= MOST_DIGITS else BEYOND_EVERY_BOUND


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
