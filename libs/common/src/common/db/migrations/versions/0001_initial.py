"""Every table, with the triggers that keep the append-only ones as they are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from common.db.dialect import append_only_statements
from common.db.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SCHEMAS = ("core", "line", "ingest", "books", "transit")
TABLES = (
    "secrets",
    "connections",
    "booked_vouchers",
    "relay_slots",
    "rate_buckets",
    "outbox_keys",
    "outbox",
    "oauth_tokens",
    "inbox_turns",
    "inbox_keys",
    "inbox",
    "dead_letters",
    "bindings",
    "attempts",
    "alarms",
    "shop_cursors",
    "originals",
    "orders",
    "einvoices",
    "documents",
    "document_versions",
    "tenants",
    "settings_versions",
    "idempotency_keys",
    "audit_log",
    "api_tokens",
    "voucher_index_state",
    "voucher_index",
    "vat_checks",
    "vat_answers",
    "timeline",
    "outcomes",
    "contact_keys",
    "contact_index_state",
    "contact_index",
    "books_profiles",
)
APPEND_ONLY = (
    ("core", "audit_log"),
    ("core", "settings_versions"),
    ("ingest", "document_versions"),
    ("ingest", "originals"),
    ("ingest", "einvoices"),
    ("books", "timeline"),
    ("books", "vat_answers"),
)
REFUSE_CHANGE = """
CREATE FUNCTION line.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    """Bring the schema to this revision."""
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        for schema in SCHEMAS:
            op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        op.execute(REFUSE_CHANGE)
    _create_core()
    _create_line()
    _create_ingest()
    _create_books()
    _create_transit()
    if dialect == "postgresql":
        # Rows that live for seconds: without frequent vacuums their indexes fill with what is gone.
        op.execute("ALTER TABLE line.inbox_keys SET (autovacuum_vacuum_scale_factor = 0.01)")
        op.execute("ALTER TABLE line.inbox_turns SET (autovacuum_vacuum_scale_factor = 0.01)")
        op.execute("ALTER TABLE line.relay_slots SET (autovacuum_vacuum_scale_factor = 0.01)")
    for schema, name in APPEND_ONLY:
        for statement in append_only_statements(sa.Table(name, sa.MetaData(), schema=schema), dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop every table with all it holds."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    if on_postgres:
        for schema in SCHEMAS:
            op.execute(f"DROP SCHEMA {schema} CASCADE")
    else:
        for name in TABLES:
            op.execute(f"DROP TABLE {name}")


def _create_core() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        schema="core",
    )
    op.create_index(op.f("ix_api_tokens_tenant_id"), "api_tokens", ["tenant_id"], unique=False, schema="core")
    op.create_table(
        "audit_log",
        sa.Column("audit_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_log")),
        schema="core",
    )
    op.create_index(
        "ix_audit_log_tenant", "audit_log", ["tenant_id", "audit_id"], unique=False, schema="core"
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("pk_idempotency_keys")),
        schema="core",
    )
    op.create_table(
        "settings_versions",
        sa.Column("settings_version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("values", JSON, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("settings_version_id", name=op.f("pk_settings_versions")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_settings_versions_tenant_id_number")),
        schema="core",
    )
    op.create_index(
        op.f("ix_settings_versions_tenant_id"),
        "settings_versions",
        ["tenant_id"],
        unique=False,
        schema="core",
    )
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenants")),
        schema="core",
    )
    op.create_table(
        "connections",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("config", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["core.tenants.tenant_id"], name=op.f("fk_connections_tenant_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connections")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "address", name=op.f("uq_connections_tenant_id_kind_address")
        ),
        schema="core",
    )
    op.create_index(
        op.f("ix_connections_tenant_id"), "connections", ["tenant_id"], unique=False, schema="core"
    )
    op.create_index(
        "uq_connections_books_in_use",
        "connections",
        ["tenant_id"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("kind = 'books' AND state <> 'disabled'"),
        sqlite_where=sa.text("kind = 'books' AND state <> 'disabled'"),
    )
    op.create_table(
        "secrets",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["core.connections.connection_id"], name=op.f("fk_secrets_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "field", name=op.f("pk_secrets")),
        schema="core",
    )
    op.create_index(op.f("ix_secrets_tenant_id"), "secrets", ["tenant_id"], unique=False, schema="core")


def _create_line() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarms")),
        schema="line",
    )
    op.create_index(op.f("ix_alarms_tenant_id"), "alarms", ["tenant_id"], unique=False, schema="line")
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("armed_at", UtcDateTime(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=False),
        sa.Column("decision", JSON, nullable=False),
        sa.Column("searches", JSON, nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("answer", JSON, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("effect_key", "number", name=op.f("uq_attempts_effect_key_number")),
        schema="line",
    )
    op.create_index(op.f("ix_attempts_tenant_id"), "attempts", ["tenant_id"], unique=False, schema="line")
    op.create_index(
        "uq_attempts_open",
        "attempts",
        ["effect_key"],
        unique=True,
        schema="line",
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "bindings",
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("bound_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("effect_key", name=op.f("pk_bindings")),
        schema="line",
    )
    op.create_index("ix_bindings_external_id", "bindings", ["external_id"], unique=False, schema="line")
    op.create_index(op.f("ix_bindings_tenant_id"), "bindings", ["tenant_id"], unique=False, schema="line")
    op.create_table(
        "dead_letters",
        sa.Column("dead_letter_id", sa.Uuid(), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("dead_letter_id", name=op.f("pk_dead_letters")),
        schema="line",
    )
    op.create_index(
        op.f("ix_dead_letters_inbox_id"), "dead_letters", ["inbox_id"], unique=False, schema="line"
    )
    op.create_index(
        "ix_dead_letters_state", "dead_letters", ["state", "created_at"], unique=False, schema="line"
    )
    op.create_index(
        op.f("ix_dead_letters_tenant_id"), "dead_letters", ["tenant_id"], unique=False, schema="line"
    )
    op.create_table(
        "inbox",
        sa.Column("inbox_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("consumer", "event_id", name=op.f("uq_inbox_consumer_event_id")),
        schema="line",
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["consumer", "ordering_key", "inbox_id"],
        unique=False,
        schema="line",
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "inbox_keys",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "ordering_key", name=op.f("pk_inbox_keys")),
        schema="line",
    )
    op.create_index(
        "ix_inbox_keys_due",
        "inbox_keys",
        ["consumer", "lane", "tenant_id", "due_at"],
        unique=False,
        schema="line",
    )
    op.create_table(
        "inbox_turns",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("served_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "tenant_id", "lane", name=op.f("pk_inbox_turns")),
        schema="line",
    )
    op.create_index(
        "ix_inbox_turns_served", "inbox_turns", ["consumer", "lane", "served_at"], unique=False, schema="line"
    )
    op.create_table(
        "oauth_tokens",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("access_sealed", sa.String(), nullable=False),
        sa.Column("refresh_sealed", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("intent_at", UtcDateTime(), nullable=True),
        sa.Column("refreshed_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_oauth_tokens")),
        schema="line",
    )
    op.create_index(
        op.f("ix_oauth_tokens_tenant_id"), "oauth_tokens", ["tenant_id"], unique=False, schema="line"
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("producer", "event_id", name=op.f("uq_outbox_producer_event_id")),
        schema="line",
    )
    op.create_index(
        "ix_outbox_refused",
        "outbox",
        ["producer", "ordering_key"],
        unique=False,
        schema="line",
        postgresql_where=sa.text("retry_at IS NOT NULL"),
        sqlite_where=sa.text("retry_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["producer", "slot", "outbox_id"],
        unique=False,
        schema="line",
        postgresql_where=sa.text("sent_at IS NULL"),
        sqlite_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "outbox_keys",
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("touched_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("producer", "ordering_key", name=op.f("pk_outbox_keys")),
        schema="line",
    )
    op.create_table(
        "rate_buckets",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("next_free_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_rate_buckets")),
        schema="line",
    )
    op.create_table(
        "relay_slots",
        sa.Column("producer", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("producer", "slot", name=op.f("pk_relay_slots")),
        schema="line",
    )


def _create_ingest() -> None:
    op.create_table(
        "document_versions",
        sa.Column("version_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("original_sha256", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_document_versions")),
        sa.UniqueConstraint(
            "document_id", "content_hash", name=op.f("uq_document_versions_document_id_content_hash")
        ),
        schema="ingest",
    )
    op.create_index(
        op.f("ix_document_versions_document_id"),
        "document_versions",
        ["document_id"],
        unique=False,
        schema="ingest",
    )
    op.create_index(
        op.f("ix_document_versions_tenant_id"),
        "document_versions",
        ["tenant_id"],
        unique=False,
        schema="ingest",
    )
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("conflicted", sa.Boolean(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("file_state", sa.String(), nullable=False),
        sa.Column("file_due_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "connection_id", "type", "number", name=op.f("uq_documents_connection_id_type_number")
        ),
        schema="ingest",
    )
    op.create_index("ix_documents_file_due", "documents", ["file_due_at"], unique=False, schema="ingest")
    op.create_index(
        "ix_documents_list",
        "documents",
        ["tenant_id", "issued_on", "number", "document_id"],
        unique=False,
        schema="ingest",
    )
    op.create_index(
        "ix_documents_number", "documents", ["tenant_id", "number"], unique=False, schema="ingest"
    )
    op.create_index(
        "ix_documents_order", "documents", ["connection_id", "order_id"], unique=False, schema="ingest"
    )
    op.create_index(
        "ix_documents_recent",
        "documents",
        ["issued_on", "number", "document_id"],
        unique=False,
        schema="ingest",
    )
    op.create_index(op.f("ix_documents_tenant_id"), "documents", ["tenant_id"], unique=False, schema="ingest")
    op.create_table(
        "einvoices",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=False),
        sa.Column("xml_sha256", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pdf_sha256", name=op.f("pk_einvoices")),
        schema="ingest",
    )
    op.create_table(
        "orders",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "order_id", name=op.f("pk_orders")),
        schema="ingest",
    )
    op.create_index(
        "ix_orders_number", "orders", ["tenant_id", "order_number"], unique=False, schema="ingest"
    )
    op.create_index(op.f("ix_orders_tenant_id"), "orders", ["tenant_id"], unique=False, schema="ingest")
    op.create_table(
        "originals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sha256", name=op.f("pk_originals")),
        schema="ingest",
    )
    op.create_table(
        "shop_cursors",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("cursor_at", UtcDateTime(), nullable=False),
        sa.Column("read_from_at", UtcDateTime(), nullable=False),
        sa.Column("settings_number", sa.Integer(), nullable=False),
        sa.Column("next_poll_at", UtcDateTime(), nullable=False),
        sa.Column("last_poll_at", UtcDateTime(), nullable=True),
        sa.Column("last_nightly_at", UtcDateTime(), nullable=True),
        sa.Column("last_weekly_at", UtcDateTime(), nullable=True),
        sa.Column("history_from_at", UtcDateTime(), nullable=True),
        sa.Column("history_page", sa.Integer(), nullable=False),
        sa.Column("history_total", sa.Integer(), nullable=False),
        sa.Column("sweep", sa.String(), nullable=True),
        sa.Column("sweep_started_at", UtcDateTime(), nullable=True),
        sa.Column("sweep_position", sa.Integer(), nullable=False),
        sa.Column("sweep_calls", sa.Integer(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_refused_at", UtcDateTime(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("disconnected_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_shop_cursors")),
        schema="ingest",
    )
    op.create_index("ix_shop_cursors_due", "shop_cursors", ["next_poll_at"], unique=False, schema="ingest")
    op.create_index(
        op.f("ix_shop_cursors_tenant_id"), "shop_cursors", ["tenant_id"], unique=False, schema="ingest"
    )


def _create_books() -> None:
    op.create_table(
        "books_profiles",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("profile", JSON, nullable=False),
        sa.Column("categories", JSON, nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_books_profiles")),
        schema="books",
    )
    op.create_index(
        op.f("ix_books_profiles_tenant_id"), "books_profiles", ["tenant_id"], unique=False, schema="books"
    )
    op.create_table(
        "contact_index",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("vat_id", sa.String(), nullable=True),
        sa.Column("tax_free", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("compared", sa.String(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "contact_id", name=op.f("pk_contact_index")),
        schema="books",
    )
    op.create_index(
        "ix_contact_index_identity",
        "contact_index",
        ["connection_id", "identity"],
        unique=False,
        schema="books",
    )
    op.create_index(
        op.f("ix_contact_index_tenant_id"), "contact_index", ["tenant_id"], unique=False, schema="books"
    )
    op.create_table(
        "contact_index_state",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("filled_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("next_page", sa.Integer(), nullable=False),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_contact_index_state")),
        schema="books",
    )
    op.create_index(
        op.f("ix_contact_index_state_tenant_id"),
        "contact_index_state",
        ["tenant_id"],
        unique=False,
        schema="books",
    )
    op.create_table(
        "contact_keys",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "key", "contact_id", name=op.f("pk_contact_keys")),
        schema="books",
    )
    op.create_index(
        op.f("ix_contact_keys_tenant_id"), "contact_keys", ["tenant_id"], unique=False, schema="books"
    )
    op.create_table(
        "outcomes",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("gross_minor", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("params", JSON, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("decision", JSON, nullable=True),
        sa.Column("settings_version_id", sa.Uuid(), nullable=True),
        sa.Column("voucher_id", sa.String(), nullable=True),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("file_status", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=True),
        sa.Column("file_note", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("queued_revision", sa.Integer(), nullable=True),
        sa.Column("event", sa.LargeBinary(), nullable=True),
        sa.Column("event_type", sa.String(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("waits_until", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_outcomes")),
        schema="books",
    )
    op.create_index(
        "ix_outcomes_order", "outcomes", ["connection_id", "order_id"], unique=False, schema="books"
    )
    op.create_index(
        "ix_outcomes_status", "outcomes", ["tenant_id", "status", "reason"], unique=False, schema="books"
    )
    op.create_index(op.f("ix_outcomes_tenant_id"), "outcomes", ["tenant_id"], unique=False, schema="books")
    op.create_index(
        "ix_outcomes_waits",
        "outcomes",
        ["waits_until"],
        unique=False,
        schema="books",
        postgresql_where=sa.text("waits_until IS NOT NULL"),
        sqlite_where=sa.text("waits_until IS NOT NULL"),
    )
    op.create_table(
        "timeline",
        sa.Column("entry_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_timeline")),
        schema="books",
    )
    op.create_index(
        "ix_timeline_document", "timeline", ["document_id", "entry_id"], unique=False, schema="books"
    )
    op.create_index(op.f("ix_timeline_tenant_id"), "timeline", ["tenant_id"], unique=False, schema="books")
    op.create_table(
        "vat_answers",
        sa.Column("answer_id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("vat_id", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_vat_answers")),
        schema="books",
    )
    op.create_index("ix_vat_answers_id", "vat_answers", ["tenant_id", "vat_id"], unique=False, schema="books")
    op.create_index(
        op.f("ix_vat_answers_tenant_id"), "vat_answers", ["tenant_id"], unique=False, schema="books"
    )
    op.create_table(
        "vat_checks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("vat_id", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "vat_id", name=op.f("pk_vat_checks")),
        schema="books",
    )
    op.create_index(
        "ix_vat_checks_due",
        "vat_checks",
        ["next_try_at"],
        unique=False,
        schema="books",
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "voucher_index",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("voucher_on", sa.Date(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "voucher_id", name=op.f("pk_voucher_index")),
        schema="books",
    )
    op.create_index(
        "ix_voucher_index_number", "voucher_index", ["connection_id", "number"], unique=False, schema="books"
    )
    op.create_index(
        op.f("ix_voucher_index_tenant_id"), "voucher_index", ["tenant_id"], unique=False, schema="books"
    )
    op.create_table(
        "voucher_index_state",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("filled_from", sa.Date(), nullable=True),
        sa.Column("refreshed_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_voucher_index_state")),
        schema="books",
    )
    op.create_index(
        op.f("ix_voucher_index_state_tenant_id"),
        "voucher_index_state",
        ["tenant_id"],
        unique=False,
        schema="books",
    )


def _create_transit() -> None:
    op.create_table(
        "booked_vouchers",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=True),
        sa.Column("voucher_id", sa.String(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("customer_number", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("method_id", sa.String(), nullable=True),
        sa.Column("transaction_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "type", "number", name=op.f("pk_booked_vouchers")),
        schema="transit",
    )
    op.create_index(
        "ix_booked_vouchers_amount",
        "booked_vouchers",
        ["tenant_id", "gross_minor", "issued_on"],
        unique=False,
        schema="transit",
    )
    op.create_index(
        "ix_booked_vouchers_order",
        "booked_vouchers",
        ["tenant_id", "order_number"],
        unique=False,
        schema="transit",
    )
    op.create_index(
        op.f("ix_booked_vouchers_tenant_id"), "booked_vouchers", ["tenant_id"], unique=False, schema="transit"
    )
    op.create_index(
        "ix_booked_vouchers_transaction",
        "booked_vouchers",
        ["tenant_id", "transaction_id"],
        unique=False,
        schema="transit",
    )
