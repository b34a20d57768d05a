"""A JSON merge patch (RFC 7396) on a merchant's settings."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue, ValidationError

from api.schemas.settings import SettingsValues, model_of
from common.domain.merchant import MerchantSettings

PLACE = ("body", "values")


def merged(
    current: MerchantSettings, patch: Mapping[str, JsonValue], into: type[MerchantSettings] = SettingsValues
) -> MerchantSettings:
    """The settings as they are after the patch; raises `RequestValidationError` when the whole does not fit.

    Objects merge, lists replace, and null takes the default.
    """
    values = _merge(into, current.model_dump(mode="json"), patch)
    try:
        return into.model_validate(values)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**error, "loc": (*PLACE, *error["loc"])} for error in errors]
        ) from None


def _merge(model: type[BaseModel] | None, target: Any, patch: Mapping[str, JsonValue]) -> dict[str, Any]:
    """The target with the patch; a name the model does not know is kept, so that it is refused."""
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if model is not None and name not in model.model_fields:
            result[name] = None
        elif value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = _merge(model_of(model, name), result.get(name), value)
        else:
            result[name] = value
    return result
