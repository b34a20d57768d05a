"""Every text that a caller can give has a limit and refuses what no database takes; new ones are found."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from api.app import create_app
from common.db.engine import open_database
from integration.api.harness import FakeChecks, api_settings

MERGED = "change_settings:/values"  # a merge patch: what it makes of the settings is checked as a whole
FIXED_FORMATS = {"uuid", "date", "date-time"}
TOO_LONG = 10_000
UNSTORABLE = ("\x00", "a\x00b", "a\n\x00", "1\x00", "\ud800", "a\udfffb")


def described() -> dict[str, Any]:
    """The description, as the running service gives it."""
    settings = api_settings()
    return create_app(settings, open_database(settings.database), FakeChecks()).openapi()


DESCRIPTION = described()
MODELS = DESCRIPTION["components"]["schemas"]
Schema = Mapping[str, Any]


def texts(schema: Schema, place: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Schema]]:
    """Each text in a schema with its place; what is described as anything at all counts as one."""
    if (ref := schema.get("$ref")) is not None:
        if ref not in seen:
            yield from texts(MODELS[ref.rpartition("/")[2]], place, (*seen, ref))
        return
    choices = [choice for name in ("anyOf", "oneOf", "allOf") for choice in schema.get(name, ())]
    for choice in choices:
        yield from texts(choice, place, seen)
    if "enum" in schema or "const" in schema or schema.get("format") in FIXED_FORMATS:
        return
    match schema.get("type"):
        case "string":
            yield place, schema
        case "array":
            yield from texts(schema.get("items", {}), f"{place}/*", seen)
        case "object":
            yield from _members(schema, place, seen)
        case None if not choices:
            yield place, schema


def _members(schema: Schema, place: str, seen: tuple[str, ...]) -> Iterator[tuple[str, Schema]]:
    for name, inner in schema.get("properties", {}).items():
        yield from texts(inner, f"{place}/{name}", seen)
    more = schema.get("additionalProperties", "properties" not in schema)
    if more is not False:
        yield from texts({"type": "string", **schema.get("propertyNames", {})}, f"{place}/(name)", seen)
        yield from texts(more if isinstance(more, Mapping) else {}, f"{place}/*", seen)


def given() -> Iterator[tuple[str, Schema]]:
    """Every text in every parameter, header and body."""
    for methods in DESCRIPTION["paths"].values():
        for about in methods.values():
            for one in about.get("parameters", ()):
                yield from texts(one["schema"], f"{about['operationId']}:{one['in']}:{one['name']}")
            for content in about.get("requestBody", {}).get("content", {}).values():
                yield from texts(content["schema"], f"{about['operationId']}:")


GIVEN = {place: schema for place, schema in given() if not place.startswith(MERGED)}


def accepts(schema: Schema, text: str) -> bool:
    """Whether the limits of the schema let the text through, as the service applies them."""
    names = {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"}
    limits: dict[str, Any] = {ours: schema[theirs] for theirs, ours in names.items() if theirs in schema}
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, StringConstraints(**limits)])
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("place", GIVEN)
def test_a_text_refuses_what_no_database_takes(place: str) -> None:
    assert [text for text in UNSTORABLE if accepts(GIVEN[place], text)] == []


@pytest.mark.parametrize("place", GIVEN)
def test_a_text_has_a_limit(place: str) -> None:
    assert [text[0] for text in (c * TOO_LONG for c in "a1 .ä-") if accepts(GIVEN[place], text)] == []


def test_the_walk_finds_texts_everywhere() -> None:
    assert {place.split(":")[1] for place in GIVEN} >= {"path", "query", "header"}
    for place in (
        "create_connection:/oauth/refresh_token",
        "retry_parked:/about/*",
        "list_documents:query:number",
    ):
        assert place in GIVEN, sorted(GIVEN)
    assert len(GIVEN) > 100


def test_a_new_text_without_limit_or_pattern_is_found() -> None:
    for schema in ({"type": "string"}, {"type": "string", "maxLength": 9}, {"pattern": r"^[^\x00]*$"}, {}):
        ((_, found),) = texts({"type": "object", "properties": {"new": schema}}, "")
        assert any(accepts(found, text) for text in (*UNSTORABLE, "a" * TOO_LONG))
    assert [place for place, _ in texts({"type": "object"}, "x:")] == ["x:/(name)", "x:/*"]
