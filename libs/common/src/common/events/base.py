"""What every event and command has: an id derived from its fact, a topic, an ordering key, headers."""

from abc import abstractmethod
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Self
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from common.domain.documents import DocumentRef, DocumentType, document_id, order_key
from common.domain.stored_words import Lane
from common.events.topics import Topic

EVENT_NAMESPACE = UUID("6f0c7a3e-52f5-4a0f-9d0e-0c5b8a4f2d11")
SPEC_VERSION = "1.0"


def event_id_of(event_type: str, fact: str) -> UUID:
    """The id of the event of that type about that business fact: UUIDv5 of both."""
    return uuid5(EVENT_NAMESPACE, f"{event_type}:{fact}")


class Event(BaseModel):
    """A frozen fact or command; the same business fact always has the same id."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[Topic]

    tenant_id: UUID
    connection_id: UUID
    occurred_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    lane: Lane = Lane.LIVE

    @property
    @abstractmethod
    def ordering_key(self) -> str:
        """Facts with the same key are handled in the order they were recorded."""

    @property
    @abstractmethod
    def fact(self) -> str:
        """The business fact as a string; its hash is the event's id."""

    @cached_property
    def event_id(self) -> UUID:
        """UUIDv5 of type and business fact."""
        return event_id_of(self.type, self.fact)

    def headers(self) -> dict[str, str]:
        """CloudEvents attributes, as Kafka headers carry them."""
        return {
            "ce_specversion": SPEC_VERSION,
            "ce_id": str(self.event_id),
            "ce_type": self.type,
            "ce_source": f"/tenants/{self.tenant_id}/connections/{self.connection_id}",
            "ce_subject": self.ordering_key,
            "ce_time": self.occurred_at.isoformat(),
            "ce_datacontenttype": "application/json",
            "ce_tenantid": str(self.tenant_id),
            "ce_lane": self.lane.value,
            "content-type": "application/json",
        }


class DocumentMessage(Event):
    """A fact or an order about one document, in line with all others about its shop order."""

    order_id: str
    document_type: DocumentType
    number: str

    @classmethod
    def about(cls, ref: DocumentRef, **said: Any) -> Self:
        """Make the message about this document; `said` are its other fields, and no unknown ones."""
        unknown = said.keys() - cls.model_fields.keys()
        if unknown:
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
        named: dict[str, Any] = {
            "tenant_id": ref.tenant_id,
            "connection_id": ref.connection_id,
            "order_id": ref.order_id,
            "document_type": ref.type,
            "number": ref.number,
        }
        return cls(**named, **said)

    @property
    def ref(self) -> DocumentRef:
        """Which document is meant."""
        return DocumentRef(
            tenant_id=self.tenant_id,
            connection_id=self.connection_id,
            order_id=self.order_id,
            type=self.document_type,
            number=self.number,
        )

    @property
    def ordering_key(self) -> str:
        return order_key(self.connection_id, self.order_id)

    @cached_property
    def document_id(self) -> UUID:
        """The id the whole product knows the document by."""
        return document_id(self.connection_id, self.document_type, self.number)
