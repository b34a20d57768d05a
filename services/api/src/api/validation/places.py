"""Where in a request something does not fit: its name for people, and what the description says of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.validation.expected import Schema, resolved

NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
MERGES_INTO = "x-merges-into"  # on an object whose names are those of another model
IN_ADDRESS = {
    "path": "the address",
    "query": "the parameters",
    "header": "the headers",
    "cookie": "the cookies",
}
UNNAMEABLE = "?"


@dataclass(frozen=True, slots=True)
class RequestPart:
    """A part of a request; without `schema` where the description has nothing. `names` stand beside it."""

    pointer: str
    label: str
    schema: Schema | None
    names: tuple[str, ...]
    is_setting: bool


class Operation:
    """What the description says of one operation; of an operation that is not described, nothing."""

    def __init__(self, about: Schema, models: Mapping[str, Schema]) -> None:
        self.models = models
        body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        self._body: Schema = body
        self._parameters: dict[str, dict[str, Schema]] = {}
        for parameter in about.get("parameters", ()):
            self._parameters.setdefault(parameter["in"], {})[parameter["name"]] = parameter["schema"]

    def place(self, loc: Sequence[Any]) -> RequestPart:
        """The place of a validation error."""
        source, names = str(loc[0]), [*loc[1:]]
        if source in self._parameters or source in IN_ADDRESS:
            return self._parameter(source, names)
        schema: Schema | None = self._body
        pointer, label, beside = ["body"], "", tuple[str, ...]()
        for name in names:
            tagged = self._tagged(schema, name)
            if tagged is not None:  # only tells which of several forms was given
                schema = tagged
                continue
            beside, schema = self._names(schema), self._step(schema, name)
            pointer.append(spoken(name))
            label += f"[{name}]" if isinstance(name, int) else f".{spoken(name)}"
        label = label.removeprefix(".")
        is_setting = label.startswith(("values.", "settings."))
        label = re.sub(r"^values\b", "settings", label)
        return RequestPart("/" + "/".join(pointer), label or "the body", schema or None, beside, is_setting)

    def _parameter(self, source: str, names: Sequence[Any]) -> RequestPart:
        known = self._parameters.get(source, {})
        shown = [spoken(name) for name in names]
        label = shown[0] if shown else IN_ADDRESS[source]
        schema = known.get(str(names[0])) if names else None
        return RequestPart("/".join(("", source, *shown)), label, schema, tuple(known), is_setting=False)

    def _step(self, schema: Schema | None, name: str | int) -> Schema | None:
        """What the description says of what stands under a name."""
        for form in self._forms(schema):
            inner = form.get("items") if isinstance(name, int) else form.get("properties", {}).get(name)
            inner = inner or form.get("additionalProperties")
            if isinstance(inner, Mapping):
                return inner
        return None

    def _tagged(self, schema: Schema | None, tag: Any) -> Schema | None:
        found = resolved(schema, self.models) if schema else {}
        reference = found.get("discriminator", {}).get("mapping", {}).get(str(tag))
        return {"$ref": reference} if reference else None

    def _names(self, schema: Schema | None) -> tuple[str, ...]:
        return tuple(name for form in self._forms(schema) for name in form.get("properties", {}))

    def _forms(self, schema: Schema | None) -> list[Schema]:
        """The schema, or each form it may take."""
        if not schema:
            return []
        found = resolved(schema, self.models)
        if MERGES_INTO in found:
            return [self.models[found[MERGES_INTO]]]
        forms = [*found.get("anyOf", ()), *found.get("oneOf", ())]
        return [inner for form in forms for inner in self._forms(form)] if forms else [found]


def spoken(name: str | int) -> str:
    """A name as it is repeated to whoever sent it, unless it looks like anything but a name."""
    return str(name) if NAME.fullmatch(str(name)) else UNNAMEABLE
