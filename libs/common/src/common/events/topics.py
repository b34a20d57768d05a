"""Every topic: its name, partitions, retention, who writes it and who reads it."""

from dataclasses import dataclass
from datetime import timedelta

INGEST = "ingest"
INVOICE_WRITER = "invoice-writer"
TRANSIT_WRITER = "transit-writer"
API = "api"
SERVICES = (INGEST, INVOICE_WRITER, TRANSIT_WRITER, API)

LONGEST_OUTAGE = timedelta(days=6)  # of a reader: topics, and the brokers' offsets, are kept longer


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic and its contract."""

    name: str
    summary: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int = 12
    retention: timedelta = timedelta(days=7)


SHOP_ORDERS = Topic(
    "shop.orders.v1",
    "Orders as they were seen or changed in a shop, with their payment data.",
    "connection_id:order_id",
    (INGEST,),
    (),
)
SHOP_DOCUMENTS = Topic(
    "shop.documents.v1",
    "Finalised invoices and credit notes, their files and their conflicts.",
    "connection_id:order_id",
    (INGEST,),
    (INVOICE_WRITER,),
)
BOOKS_VOUCHERS = Topic(
    "books.vouchers.v1",
    "What became of each document in the books.",
    "connection_id:order_id",
    (INVOICE_WRITER,),
    (TRANSIT_WRITER,),
)
INGEST_COMMANDS = Topic(
    "ingest.commands.v1",
    "Orders to ingest.",
    "connection_id:order_id or connection_id",
    (API, INVOICE_WRITER),
    (INGEST,),
    partitions=6,
)
INVOICE_WRITER_COMMANDS = Topic(
    "invoice-writer.commands.v1",
    "Orders to the invoice writer.",
    "connection_id:order_id or the dead letter's key",
    (API,),
    (INVOICE_WRITER,),
    partitions=6,
)
TRANSIT_WRITER_COMMANDS = Topic(
    "transit-writer.commands.v1",
    "Orders to the transit writer.",
    "the dead letter's key",
    (API,),
    (TRANSIT_WRITER,),
    partitions=6,
)

TOPICS: tuple[Topic, ...] = (
    SHOP_ORDERS,
    SHOP_DOCUMENTS,
    BOOKS_VOUCHERS,
    INGEST_COMMANDS,
    INVOICE_WRITER_COMMANDS,
    TRANSIT_WRITER_COMMANDS,
)


def topics_read_by(service: str) -> tuple[Topic, ...]:
    """The topics a service consumes."""
    return tuple(topic for topic in TOPICS if service in topic.readers)
