"""The description is complete, and the api does what it says for whatever is sent."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.http.description import SERVERS
from common.db.engine import Database, open_database
from common.settings import DatabaseSettings
from fixtures.databases import BOTH, sqlite_address
from fixtures.postgres import wait_for
from integration.api.harness import Api, FakeChecks, Tenant, api_settings
from integration.api.populated import populate
from tools.servers.databases import Databases

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 12


def described() -> dict[str, Any]:
    settings = api_settings()
    return create_app(settings, open_database(settings.database), FakeChecks()).openapi()


DESCRIPTION = described()
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]


@dataclass
class Running:
    """The api on a loop of its own, because the generated cases come from outside any loop."""

    runner: asyncio.Runner
    api: Api
    tenants: list[Tenant]

    def send(self, case: Any, token: dict[str, str]) -> httpx.Response:
        request = case.as_transport_kwargs(base_url="http://api.test")
        request.pop("cookies", None)
        headers = {**{k: str(v) for k, v in dict(request.pop("headers", {})).items()}, **token}
        wanted = self.api.client.build_request(
            request["method"],
            request["url"],
            params=request.get("params") or None,
            headers={name: value for name, value in headers.items() if value.isascii() and name.isascii()},
            json=request.get("json"),
            content=request.get("data") if isinstance(request.get("data"), bytes | str) else None,
        )
        return self.runner.run(self.api.client.send(wanted))


@pytest.fixture(scope="module", params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database for all operations of this module, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("openapi") / "api.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield sqlite_address(path)
        return
    server: Databases = request.getfixturevalue("postgres_server")
    name = wait_for(server.create(request.getfixturevalue("database_template")))
    yield server.url(name)
    wait_for(server.drop(name))


@pytest.fixture(scope="module")
def running(address: str) -> Iterator[Running]:
    """Two populated tenants, kept for all operations of this module."""
    db = open_database(DatabaseSettings(url=address))
    with asyncio.Runner() as runner:
        api = runner.run(started(db))
        tenants = [
            runner.run(populate(api, name, number))
            for name, number in (("Alpha", "1001"), ("Beta", "Beta-1"))
        ]
        yield Running(runner, api, tenants)
        runner.run(api.client.aclose())
        runner.run(db.close())


async def started(db: Database) -> Api:
    checks = FakeChecks()
    app = create_app(api_settings(), db, checks)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test")
    return Api(app, db, checks, client)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_as_described(running: Running, operation: Any) -> None:
    """Requests that fit the description and some that do not; half of them name things that exist."""
    real = {
        "connection_id": running.tenants[0].shop_id,
        "tenant_id": running.tenants[0].tenant_id,
        "document_id": running.tenants[0].document_id,
        "dead_letter_id": running.tenants[0].dead_letter_id,
        "token_id": running.tenants[0].token_id,
        "command_id": running.tenants[0].command_id,
    }

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        ),
        exists=st.booleans(),
        role=st.sampled_from(["operator", "merchant"]),
    )
    def answers_as_described(case: Any, exists: bool, role: str) -> None:
        if exists and isinstance(case.path_parameters, dict):
            for name, identity in real.items():
                if name in case.path_parameters:
                    case.path_parameters[name] = str(identity)
        token = running.api.operator if role == "operator" else running.tenants[0].merchant
        answer = running.send(case, token)
        case.validate_response(answer, checks=CHECKS)

    answers_as_described()


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, about)
        for path, methods in DESCRIPTION["paths"].items()
        for method, about in methods.items()
    ]


def test_every_operation_is_described() -> None:
    for _, path, about in operations():
        assert about["summary"], path
        assert about["description"], path
        assert about["tags"], path
        assert about["operationId"].count("_") <= 3, path
        for status, answer in about["responses"].items():
            assert answer["description"], (path, status)
            kinds = set(answer.get("content", {}))
            assert (kinds == {"application/problem+json"}) == (status >= "400"), (path, status)
    names = [about["operationId"] for _, _, about in operations()]
    assert len(names) == len(set(names))


def test_every_operation_behind_a_token_declares_its_refusals() -> None:
    for _, path, about in operations():
        assert bool(about["security"]) == path.startswith("/api/"), path
        if about["security"]:
            assert {"401", "403", "422", "500", "503"} <= set(about["responses"]), path


def test_the_description_says_where_the_service_is_and_on_what_terms() -> None:
    assert DESCRIPTION["servers"] == [SERVERS[0]]
    assert DESCRIPTION["info"]["license"]["name"]


def test_every_answer_has_a_schema_and_every_model_one_name() -> None:
    for _, path, about in operations():
        for status, answer in about["responses"].items():
            assert all(content.get("schema") for content in answer.get("content", {}).values()), (
                path,
                status,
            )
    models = DESCRIPTION["components"]["schemas"]
    assert not [name for name in models if name.endswith(("-Input", "-Output"))]
    titles = [model.get("title", name) for name, model in models.items()]
    assert len(titles) == len(set(titles))


def test_every_operation_with_a_body_declares_what_bodies_are_refused_for() -> None:
    for _, path, about in operations():
        has_body = "requestBody" in about
        assert ({"413", "415"} <= set(about["responses"])) == has_body, path


def test_every_sending_post_takes_an_idempotency_key() -> None:
    for method, path, about in operations():
        headers = {
            parameter["name"] for parameter in about.get("parameters", ()) if parameter["in"] == "header"
        }
        assert ("Idempotency-Key" in headers) == (method == "post"), path


def test_the_description_is_the_same_at_every_start() -> None:
    assert described() == DESCRIPTION
