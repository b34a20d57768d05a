"""Events: ids follow facts, the catalogue on paper is the one in the code."""

import json
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pytest

from common.domain.documents import DocumentRef, DocumentType
from common.events import asyncapi, registry
from common.events.base import Event
from common.events.commands import (
    AttachFile,
    ConfirmIssueDate,
    DocumentCommand,
    ExcludeDocument,
    FetchOrder,
    FetchShop,
    IncludeDocument,
    ResolveDocument,
    RetryDocument,
)
from common.events.registry import EVENT_CLASSES
from common.events.topics import SERVICES, TOPICS

DOCS = Path(__file__).parents[4] / "docs"
TENANT, SHOP = UUID(int=1), UUID(int=2)
REF = DocumentRef(
    tenant_id=TENANT, connection_id=SHOP, order_id="order-1", type=DocumentType.INVOICE, number="R-1"
)
ABOUT_DOCUMENTS: dict[type[DocumentCommand], dict[str, object]] = {
    RetryDocument: {},
    ResolveDocument: {"action": "by_hand"},
    ExcludeDocument: {"because": "nothing was sold"},
    IncludeDocument: {"because": None},
    ConfirmIssueDate: {"issued_on": "2025-03-04"},
    AttachFile: {"again": True},
}


def fetch_shop(command: int = 3) -> FetchShop:
    return FetchShop(tenant_id=TENANT, connection_id=SHOP, command_id=UUID(int=command))


def test_same_fact_is_same_event() -> None:
    assert fetch_shop().event_id == fetch_shop().event_id
    assert fetch_shop().event_id != fetch_shop(4).event_id


def test_event_survives_the_wire_and_ignores_fields_it_does_not_know() -> None:
    event = fetch_shop()
    payload = json.loads(event.model_dump_json()) | {"added_later": 1}
    assert registry.parse(event.type, json.dumps(payload).encode()) == event


def test_payload_that_does_not_fit_is_malformed_and_keeps_its_values_to_itself() -> None:
    with pytest.raises(registry.MalformedEvent) as caught:
        registry.parse(FetchShop.type, b'{"tenant_id": "secret-value"}')
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize("command_type", ABOUT_DOCUMENTS, ids=lambda one: one.__name__)
def test_a_command_about_a_document_names_it_by_flat_fields(command_type: type[DocumentCommand]) -> None:
    command = command_type.about(REF, command_id=UUID(int=3), **ABOUT_DOCUMENTS[command_type])
    named = {
        "tenant_id": str(TENANT),
        "connection_id": str(SHOP),
        "order_id": "order-1",
        "document_type": "invoice",
        "number": "R-1",
        "command_id": str(UUID(int=3)),
    }
    on_the_wire = json.loads(command.model_dump_json())
    assert named.items() <= on_the_wire.items()
    assert registry.parse(command.type, command.model_dump_json().encode()) == command
    assert (command.ref, command.document_id) == (REF, REF.id)


def test_what_is_said_of_a_document_under_a_name_the_message_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="becase"):
        IncludeDocument.about(REF, command_id=UUID(int=3), becase="a slip of the pen")


def test_the_id_of_a_document_and_its_key_are_what_is_stored() -> None:
    assert REF.id == UUID("a329c4c6-9da5-5fd1-ab74-4adbb7b57f6f")
    order = FetchOrder(tenant_id=TENANT, connection_id=SHOP, order_id="order-1", command_id=UUID(int=3))
    retry = RetryDocument.about(REF, command_id=UUID(int=3))
    assert {REF.ordering_key, order.ordering_key, retry.ordering_key} == {f"{SHOP}:order-1"}


def test_unknown_type_is_not_known() -> None:
    assert not registry.is_known("shop.invoice.issued.v99")


def test_headers_are_cloud_events_with_the_ordering_key_as_subject() -> None:
    event = fetch_shop()
    headers = event.headers()
    assert set(headers) == set(asyncapi.HEADERS)
    assert headers["ce_id"] == str(event.event_id)
    assert headers["ce_subject"] == event.ordering_key


def test_asyncapi_file_is_made_from_the_models() -> None:
    assert (DOCS / "asyncapi.json").read_text() == asyncapi.rendered(), (
        "stale: python -m common.events.asyncapi > docs/asyncapi.json"
    )


def test_every_event_and_topic_is_in_the_guide() -> None:
    guide = (DOCS / "events.md").read_text()
    missing = [
        name for name in [*registry.BY_TYPE, *(topic.name for topic in TOPICS)] if f"`{name}`" not in guide
    ]
    assert missing == []


def test_every_topic_is_written_and_read_by_known_services() -> None:
    for topic in TOPICS:
        assert set(topic.writers) | set(topic.readers) <= set(SERVICES)
        assert topic.writers


def test_every_event_that_has_a_type_is_registered() -> None:
    typed = {event for event in _heirs(Event.__subclasses__()) if "type" in vars(event)}
    assert {event.__name__ for event in typed - set(EVENT_CLASSES)} == set()


def _heirs(events: Iterable[type[Event]]) -> set[type[Event]]:
    direct = set(events)
    return direct.union(*(_heirs(event.__subclasses__()) for event in direct))
