"""The kinds of values that requests bring: bounded, printable, and as strict as JSON allows."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from console.engine.cart.addresses import LONGEST_EMAIL, countries, read_email
from console.engine.errors import InvalidInput
from console.models.cart import MAXIMUM_QUANTITY
from console.models.text import NO_TEXT, in_nfc

PRINTABLE = rf"^[^{NO_TEXT}]*$"
FILLED = rf"^[^{NO_TEXT}]*[^\s{NO_TEXT}][^{NO_TEXT}]*$"
IN_PLAIN_WORDS = {
    "string_pattern_mismatch": "This is not of the form asked for; controls and bidirectional overrides are refused.",
    "string_unicode": "This is not valid Unicode.",
}


def _read_whole(value: Any) -> Any:
    """Take 5.0 for 5, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _compose(value: Any) -> Any:
    """Bring text into NFC before its length is looked at."""
    return in_nfc(value) if isinstance(value, str) else value


def _require_country(code: str) -> str:
    if code not in countries():
        raise ValueError(f"{code} is no country of ISO 3166-1, nor XK")
    return code


Whole = Annotated[int, BeforeValidator(_read_whole)]
Quantity = Annotated[Whole, Field(ge=1, le=MAXIMUM_QUANTITY)]
Composed = BeforeValidator(_compose)
Filled = Annotated[str, StringConstraints(max_length=255, pattern=FILLED), Composed]
Printable = Annotated[str, StringConstraints(max_length=255, pattern=PRINTABLE), Composed]
SkuText = Annotated[str, StringConstraints(max_length=64, pattern=FILLED)]
Code = Annotated[str, StringConstraints(max_length=64, pattern=FILLED), Composed]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL),
    Composed,
    AfterValidator(read_email),
    Field(json_schema_extra={"format": "email"}),
]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), AfterValidator(_require_country)]


class Input(BaseModel):
    """A part of a request: unknown fields are refused, and no value is taken for another type's."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


Body = TypeVar("Body", bound=Input)


def validate(model: type[Body], data: Any) -> Body:
    """Read data as a model.

    Raises:
        InvalidInput: with every reason in `context["reasons"]`.
    """
    try:
        return model.model_validate(data)
    except ValidationError as refusal:
        found = refusal.errors(include_url=False, include_input=False, include_context=False)
    reasons = [
        {"field": ".".join(map(str, each["loc"])), "message": IN_PLAIN_WORDS.get(each["type"], each["msg"])}
        for each in found
    ]
    raise InvalidInput("The request is not valid; see the reasons.", reasons=reasons)
