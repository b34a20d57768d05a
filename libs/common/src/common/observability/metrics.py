"""Every metric of the product, in one list; names are `<part>_<noun>_<unit>[_total]`."""

from prometheus_client import Counter, Gauge, Histogram

HANDLING_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)

RELAY_PUBLISHED = Counter("relay_published_rows_total", "Outbox rows marked as sent.", ["producer", "topic"])
RELAY_REFUSED = Counter(
    "relay_refused_rows_total", "Outbox rows the transport would not take.", ["producer", "topic"]
)
RELAY_LAG = Histogram(
    "relay_lag_seconds", "From recording a row to its acknowledgement.", ["producer"], buckets=LAG_SECONDS
)
RELAY_TROUBLE = Counter(
    "relay_failed_cycles_total", "Publishing rounds that failed as a whole.", ["producer"]
)

TRANSPORT_FOREIGN = Counter(
    "transport_foreign_messages_total",
    "Messages on our topics that are not ours; they are skipped.",
    ["consumer", "topic"],
)
TRANSPORT_TROUBLE = Counter(
    "transport_failed_batches_total", "Batches that must be fetched again.", ["consumer"]
)

TRANSPORT_BURIED = Counter(
    "transport_buried_messages_total", "Messages that no inbox row can hold; put aside.", ["consumer", "type"]
)

TRANSPORT_MISSED = Counter(
    "transport_missed_messages_total",
    "Messages deleted before they were read.",
    ["consumer", "topic"],
)

INBOX_ACCEPTED = Counter(
    "inbox_accepted_messages_total", "Messages received: new or duplicate.", ["consumer", "kind"]
)
INBOX_IGNORED = Counter(
    "inbox_ignored_messages_total", "Messages of a type this release does not know.", ["consumer", "type"]
)
INBOX_CLAIMED = Counter(
    "inbox_claimed_messages_total", "Messages leased to work on them.", ["consumer", "lane"]
)
INBOX_HANDLING = Histogram(
    "inbox_handling_seconds", "Time in a handler.", ["consumer", "type"], buckets=HANDLING_SECONDS
)
INBOX_FAILED_TRIES = Counter(
    "inbox_failed_tries_total", "Tries that will be repeated.", ["consumer", "error"]
)
INBOX_DEAD = Counter("inbox_dead_letters_total", "Messages that became dead letters.", ["consumer", "type"])
INBOX_LOST_LEASES = Counter(
    "inbox_lost_leases_total", "Leases that ended before their message did.", ["consumer"]
)

INGEST_POLLS = Counter("ingest_polls_total", "Polls of shops by result.", ["result"])
INGEST_CALLS = Counter("ingest_shop_calls_total", "Requests that polls sent to shops.")
INGEST_DOCUMENTS = Counter(
    "ingest_documents_total",
    "Documents taken over: new, or a known number with other content.",
    ["kind", "lane"],
)
INGEST_WEBHOOKS = Counter("ingest_webhooks_total", "Notifications by the status answered.", ["status"])

RUNTIME_FAILING_PARTS = Gauge(
    "runtime_failing_parts", "Parts that answer they cannot work now (1), or can (0).", ["service", "part"]
)
RUNTIME_COMPONENTS = Gauge("runtime_running_components", "Components that run now.", ["service"])
