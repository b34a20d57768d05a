"""The document behind each voucher, by its number in an organization's books, over all tenants."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PORTION = 500
# Neither organization nor number is kept from having colons; between them stand a UUID and one of two words.
KEY = re.compile(
    r"voucher:(?P<organization_id>.*?):"
    r"(?P<connection_id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):"
    r"(?P<type>invoice|credit_note):(?P<number>.*)",
    re.DOTALL,
)
ORDER = re.compile(r"(?:^|[ ,])Bestellung (.+?)(?:, (?:Zahlung|Transaktion) .*)?$", re.DOTALL)
Row = dict[str, Any]


def upgrade() -> None:
    """Bring the schema to this revision, and take in every voucher that was tried or made so far."""
    numbers = [sa.Column(name, sa.String(), nullable=False) for name in ("organization_id", "type", "number")]
    op.create_table(
        "voucher_numbers",
        *numbers,
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "type", "number", name=op.f("pk_voucher_numbers")),
        schema=schema("line"),
    )
    effects = op.create_table("numbered_effects", *_columns(), schema=schema("line"))
    for name, columns in (
        ("ix_numbered_effects_number", ["organization_id", "type", "number"]),
        ("ix_numbered_effects_marker", ["marker"]),
        (op.f("ix_numbered_effects_tenant_id"), ["tenant_id"]),
    ):
        op.create_index(name, "numbered_effects", columns, schema=schema("line"))
    for portion in _portions():
        op.bulk_insert(effects, list(portion))


def _columns() -> Iterator[Any]:
    for name in ("effect_key", "organization_id", "type", "number", "marker"):
        yield sa.Column(name, sa.String(), nullable=False)
    yield sa.Column("tenant_id", sa.Uuid(), nullable=False)
    yield sa.Column("connection_id", sa.Uuid(), nullable=False)
    yield sa.Column("order_id", sa.String(), nullable=True)
    yield sa.Column("order_number", sa.String(), nullable=True)
    yield sa.Column("document_on", sa.Date(), nullable=True)
    yield sa.Column("gross_minor", sa.BigInteger(), nullable=True)
    yield sa.Column("despite", sa.Boolean(), nullable=False)
    yield sa.PrimaryKeyConstraint("effect_key", name=op.f("pk_numbered_effects"))


def _portions() -> Iterator[Iterable[Row]]:
    """The effects of the release before, each once, in the order of their keys."""
    after = ""
    while keys := _keys(after):
        after = keys[-1][0]
        decisions, orders = _decisions([key for key, _ in keys]), _orders(keys)
        rows = (_effect(key, tenant_id, decisions.get(key), orders.get(key)) for key, tenant_id in keys)
        yield [row for row in rows if row is not None]


def _keys(after: str) -> list[tuple[str, UUID]]:
    tables = (_table("attempts", "effect_key", "tenant_id"), _table("bindings", "effect_key", "tenant_id"))
    of_all = sa.union(
        *(
            sa.select(table.c.effect_key, table.c.tenant_id).where(
                table.c.effect_key.like("voucher:%"), table.c.effect_key > after
            )
            for table in tables
        )
    ).subquery()
    query = sa.select(of_all).order_by(of_all.c.effect_key).limit(PORTION)
    return [(row.effect_key, row.tenant_id) for row in op.get_bind().execute(query)]


def _decisions(keys: list[str]) -> dict[str, Mapping[str, Any]]:
    """What each effect was last armed with."""
    attempts = _table("attempts", "effect_key", "number", "decision")
    query = sa.select(attempts).where(attempts.c.effect_key.in_(keys)).order_by(attempts.c.number)
    return {row.effect_key: _json(row.decision) for row in op.get_bind().execute(query)}


def _orders(keys: list[tuple[str, UUID]]) -> dict[str, tuple[str, str | None]]:
    """The order of each document whose outcome is known: its id, and its number if the event tells it."""
    outcomes = _table("outcomes", "tenant_id", "connection_id", "type", "number", "order_id", "event")
    wanted = {(tenant, *_place(found)): key for key, tenant in keys if (found := KEY.fullmatch(key))}
    query = sa.select(outcomes).where(outcomes.c.number.in_({place[-1] for place in wanted}))
    rows = {
        (row.tenant_id, row.connection_id, row.type, row.number): (row.order_id, _order_number(row.event))
        for row in op.get_bind().execute(query)
    }
    return {key: rows[place] for place, key in wanted.items() if place in rows}


def _effect(
    key: str, tenant_id: UUID, decision: Mapping[str, Any] | None, order: tuple[str, str | None] | None
) -> Row | None:
    found = KEY.fullmatch(key)
    if found is None:
        return None
    connection_id, type_, number = _place(found)
    decided = decision or {}
    order_id, order_number = order or (None, None)
    on, gross = decided.get("voucher_on"), decided.get("gross_total")
    return {
        "effect_key": key,
        "tenant_id": tenant_id,
        "organization_id": found["organization_id"],
        "connection_id": connection_id,
        "type": type_,
        "number": number,
        "order_id": order_id,
        "order_number": order_number or _order_in(decided.get("remark")),
        "document_on": date.fromisoformat(on) if on else None,
        "gross_minor": gross["minor"] if gross else None,
        "marker": "#" + hashlib.sha256(key.encode()).hexdigest()[:16],
        "despite": False,
    }


def _place(found: re.Match[str]) -> tuple[UUID, str, str]:
    return UUID(found["connection_id"]), found["type"], found["number"]


def _order_number(event: bytes | None) -> str | None:
    order = json.loads(event).get("order") if event else None
    return " ".join(str(order.get("order_number") or "").split()) or None if order else None


def _order_in(remark: str | None) -> str | None:
    found = ORDER.search(remark or "")
    return found[1] if found else None


def _json(stored: Any) -> Mapping[str, Any]:
    decoded: Mapping[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return decoded


def _table(name: str, *columns: str) -> sa.TableClause:
    types = {"tenant_id": sa.Uuid(), "connection_id": sa.Uuid(), "decision": sa.JSON()}
    owner = "books" if name == "outcomes" else "line"
    return sa.table(name, *(sa.column(one, types.get(one)) for one in columns), schema=schema(owner))
