"""How answers are read: one unknown or malformed field does not spoil the others.

``null``, ``"null"`` and ``""`` all read as absent, because the service's own examples mix them;
so does what is of another type than the documents say and cannot be converted.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

#: Texts that people choose: "null" is one like any other.
_CHOSEN = ("name", "batch_name", "contact", "app_user_id")


class StrictAnswer(BaseModel):
    """An answer of which every part must be readable."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True
    )

    @model_validator(mode="before")
    @classmethod
    def _absent_alike(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            name: value
            for name, value in value.items()
            if value is not None and value != "" and (value != "null" or name in _CHOSEN)
        }


class Answer(StrictAnswer):
    """An answer whose malformed fields read as absent; only fields without a default must be right.

    Of a list the readable items are kept, and a single item counts as a list of one.
    """

    @field_validator("*", mode="wrap")
    @classmethod
    def _what_can_be_read(
        cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Any:
        value = _writable(value)
        field = cls.model_fields[str(info.field_name)]
        if field.is_required():
            return read(value)
        with suppress(ValidationError):
            return read(value)
        items = value if isinstance(value, list) else [value]
        found: list[Any] = []
        for item in items:
            with suppress(ValidationError):
                found += read([item])
        # Its place in the list says which part or file a URL is for: all of them, or none.
        if str(info.field_name).endswith("_url") and len(found) < len(items):
            found = []
        return found or field.get_default(call_default_factory=True, validated_data={})


def _writable(value: Any) -> Any:
    """A value whose texts can be encoded: JSON may hold half a character."""
    if isinstance(value, list):
        return [_writable(item) for item in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
