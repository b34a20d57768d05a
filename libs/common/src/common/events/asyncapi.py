"""The AsyncAPI 3 description of every topic and message, made from the event classes.

`python -m common.events.asyncapi > docs/asyncapi.json`
"""

from collections.abc import Iterable
from typing import Any

import orjson

from common.events.base import Event
from common.events.registry import EVENT_CLASSES
from common.events.topics import SERVICES, TOPICS, Topic

HEADERS = {
    "ce_specversion": "CloudEvents version, always 1.0",
    "ce_id": "UUIDv5 of type and business fact: the same fact always has the same id",
    "ce_type": "the event type, with its major version",
    "ce_source": "/tenants/{tenant}/connections/{connection}",
    "ce_subject": "the ordering key, which is the message key too",
    "ce_time": "when the fact was recorded, RFC 3339",
    "ce_datacontenttype": "application/json",
    "ce_tenantid": "the tenant the fact belongs to",
    "ce_lane": "live or history",
    "content-type": "application/json",
}
SUMMARY = (
    "Facts and commands between the services. Within v1 only optional fields are added; readers ignore"
    " fields they do not know and count types they do not know as ignored."
)
OPTIONAL_HEADERS = {
    "ce_predecessor": "id of the event that the same producer recorded before it for this topic and key",
    "ce_dataref": "sha256 of a large event in the archive; the payload then is its hash and size",
    "traceparent": "W3C trace context of the work that recorded the fact",
}


def description() -> dict[str, Any]:
    """Describe every topic and message, as JSON values."""
    messages = {event.type: _message(event) for event in EVENT_CLASSES}
    schemas = {name: schema for event in EVENT_CLASSES for name, schema in _schemas(event).items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "shopbooks events",
            "version": "1.0.0",
            "description": SUMMARY,
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(_operations()),
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def rendered() -> str:
    """Render the description as the file holds it."""
    return orjson.dumps(description(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.summary} Message key: {topic.key}.",
        "messages": {
            event.type: {"$ref": f"#/components/messages/{event.type}"} for event in _messages_of(topic)
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "retention.ms": int(topic.retention.total_seconds() * 1000),
                    "compression.type": "producer",
                },
            }
        },
    }


def _operations() -> Iterable[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        for topic in TOPICS:
            for action, taking_part in (("send", topic.writers), ("receive", topic.readers)):
                if service in taking_part:
                    yield (
                        f"{service}.{action}.{topic.name}",
                        {
                            "action": action,
                            "channel": {"$ref": f"#/channels/{topic.name}"},
                            "tags": [{"name": service}],
                        },
                    )


def _messages_of(topic: Topic) -> list[type[Event]]:
    return [event for event in EVENT_CLASSES if event.topic == topic]


def _schemas(event: type[Event]) -> dict[str, Any]:
    """The schema of the event and those of the values inside it."""
    schema = event.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), event.__name__: schema}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "headers": _headers(),
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
    }


def _headers() -> dict[str, Any]:
    texts = HEADERS | OPTIONAL_HEADERS
    return {
        "type": "object",
        "required": list(HEADERS),
        "properties": {name: {"type": "string", "description": text} for name, text in texts.items()},
    }


if __name__ == "__main__":
    print(rendered(), end="")
