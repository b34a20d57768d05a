"""The OpenAPI description: complete, and the same file at every start."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import (
    WITH_BODY,
    InvalidRequest,
    problems,
)
from api.schemas.base import ProblemRead

TITLE = "shopbooks"
SUMMARY = "Carries the documents of web shops into Lexware Office as vouchers, exactly once."
ABOUT = """
Every finalised invoice and credit note of a linked shop is in exactly one state: `booked`, `parked` (somebody
has to act), `excluded` (a rule of the merchant) or `waiting`. Amounts are strings, moments UTC.

- **Tokens**: `Authorization: Bearer …`. An `operator` sees every tenant, a `merchant` and an `adviser` their
  own; an adviser only looks.
- **Clients** can be generated from `/openapi.json`; operations and models keep their names. Files come as
  they are: a generator may have to be told that `application/pdf` and `application/xml` are bytes.
- **Lists** come in pages: give `next_cursor` back as `cursor` with the same filters until it is null.
- **Repeats**: send an `Idempotency-Key` with a POST; the same key again answers with the first result.
- **Problems** are `application/problem+json` (RFC 9457); `type` leads to an explanation of the kind.
- **202** means that a command is on its way to the service that owns what is to change;
  `/api/v1/commands/{id}` tells how far it is.
"""
TAGS = [
    {"name": "documents", "description": "What the shops issued and where it stands."},
    {"name": "parked", "description": "What is not booked, by cause, and what can be done about it."},
    {"name": "status", "description": "How everything stands, and what asks for attention."},
    {"name": "connections", "description": "Links to shops and to the books."},
    {"name": "tenants", "description": "Merchants and their versioned settings."},
    {"name": "dead letters", "description": "Messages our code could not process."},
    {"name": "tokens", "description": "Bearer tokens."},
    {"name": "service", "description": "The service itself."},
]


SERVERS = [{"url": "/", "description": "This installation, wherever the description was read."}]
LICENCE = {"name": "All rights reserved", "identifier": "LicenseRef-shopbooks"}
OURS = ("/api/", "/problems/")
PUBLISHED = {"DocumentReason": "Reason"}  # models keep their names, whatever our classes are called
REFERENCE = '"#/components/schemas/{}"'
OF_FRAMEWORK = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The description, made once: problems instead of the framework's own error models."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=TITLE,
            version=app.version,
            summary=SUMMARY,
            description=ABOUT,
            routes=app.routes,
            tags=TAGS,
            servers=SERVERS,
            license_info=LICENCE,
            separate_input_output_schemas=False,
        )
        models = schema.setdefault("components", {}).setdefault("schemas", {})
        problem = ProblemRead.model_json_schema(ref_template="#/components/schemas/{model}")
        models.update(problem.pop("$defs", {}))
        models["Problem"] = problem
        for name in OF_FRAMEWORK:
            models.pop(name, None)
        for path, methods in schema["paths"].items():
            for about in methods.values():
                about.setdefault("security", [])  # said, not left out: no token is needed here
                _replace_validation_error(about["responses"])
                if "requestBody" in about:
                    about["responses"] = dict(sorted({**about["responses"], **_of_a_body()}.items()))
                if path == "/" or path.startswith(OURS):
                    about["summary"] = about["operationId"].replace("_", " ").capitalize()
        app.openapi_schema = _under_published_names(schema)
    return app.openapi_schema


def _under_published_names(schema: dict[str, Any]) -> dict[str, Any]:
    text = orjson.dumps(schema).decode()
    for ours, published in PUBLISHED.items():
        text = text.replace(REFERENCE.format(ours), REFERENCE.format(published))
    renamed: dict[str, Any] = orjson.loads(text)
    models = renamed["components"]["schemas"]
    for ours, published in PUBLISHED.items():
        models[published] = models.pop(ours) | {"title": published}
    return renamed


def _of_a_body() -> dict[str, Any]:
    declared = problems(*WITH_BODY, token=False)
    return {str(kind.status): declared[kind.status] for kind in WITH_BODY}


def _replace_validation_error(responses: dict[str, Any]) -> None:
    """Routers of others do not declare their 422: it is a problem like ours."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        responses["422"] = problems(InvalidRequest, token=False)[422]
