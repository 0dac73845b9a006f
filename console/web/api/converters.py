"""How the variable parts of a URL are read: whatever cannot be one is not found, and never reaches the database."""

from __future__ import annotations

from werkzeug.routing import BaseConverter, ValidationError


class RowId(BaseConverter):
    """The id of a row: a number that every database takes."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Read the number."""
        return int(value)


class AnyText(BaseConverter):
    """A SKU or an order's number: any characters, slashes too."""

    regex = ".+"
    part_isolating = False

    def to_python(self, value: str) -> str:
        """Read the text; PostgreSQL's has no NUL.

        Raises: ValidationError when there can be no such text.
        """
        if "\x00" in value:
            raise ValidationError
        return value


CONVERTERS: dict[str, type[BaseConverter]] = {"row_id": RowId, "text": AnyText}
