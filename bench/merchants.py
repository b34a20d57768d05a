"""Merchants with a shop and an organization each, written as the api would have written them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import insert

from bench.simulators import Simulator
from common.db.engine import Database
from common.db.models.core import ConnectionRow, SecretRow, SettingsVersionRow, TenantRow
from common.db.secrets import Secrets
from common.domain.merchant import MerchantSettings


@dataclass(frozen=True, slots=True)
class Merchant:
    """One tenant with its two connections and what the simulators know of them."""

    tenant_id: UUID
    shop_id: UUID
    books_id: UUID
    organization: Mapping[str, Any]
    shop: Mapping[str, Any]


def nobodys_shop(place: int) -> Mapping[str, str]:
    """A shop that is never asked, for documents that come from elsewhere."""
    address = f"http://127.0.0.1/{place}"
    return {"shop_id": f"Shop{place}", "base_url": address, "access_token": "-", "client_secret": "-"}


async def add_merchants(
    db: Database, key: SecretStr, lexware: Simulator, shops: Sequence[Mapping[str, Any]], **settings: Any
) -> list[Merchant]:
    """One merchant per shop, each with an organization of its own and these settings."""
    merchants = [
        Merchant(uuid4(), uuid4(), uuid4(), await lexware.post("organizations"), shop) for shop in shops
    ]
    values = MerchantSettings(**settings).model_dump(mode="json")
    secrets = Secrets([key])
    async with db.sessions.of_all_tenants() as session:
        tenants = [{"tenant_id": one.tenant_id, "name": one.shop["shop_id"]} for one in merchants]
        await session.execute(insert(TenantRow), tenants)
        versions = [
            {
                "settings_version_id": uuid4(),
                "tenant_id": one.tenant_id,
                "number": 1,
                "values": values,
                "author": "bench",
            }
            for one in merchants
        ]
        await session.execute(insert(SettingsVersionRow), versions)
        rows = [row for one in merchants for row in (_shop(one), _books(one))]
        await session.execute(insert(ConnectionRow), rows)
        await session.execute(insert(SecretRow), [row for one in merchants for row in _secrets(one, secrets)])
    return merchants


def _shop(merchant: Merchant) -> dict[str, Any]:
    return {
        "connection_id": merchant.shop_id,
        "tenant_id": merchant.tenant_id,
        "kind": "shop",
        "platform": "epages",
        "name": "Shop",
        "address": merchant.shop["base_url"],
        "auth": "token",
        "config": {},
        "state": "active",
    }


def _books(merchant: Merchant) -> dict[str, Any]:
    return {
        "connection_id": merchant.books_id,
        "tenant_id": merchant.tenant_id,
        "kind": "books",
        "platform": "lexware",
        "name": "Books",
        "address": merchant.organization["organization_id"],
        "auth": "api_key",
        "config": {},
        "state": "active",
    }


def _secrets(merchant: Merchant, secrets: Secrets) -> list[dict[str, Any]]:
    values = {
        (merchant.shop_id, "access_token"): merchant.shop["access_token"],
        (merchant.shop_id, "client_secret"): merchant.shop["client_secret"],
        (merchant.books_id, "api_key"): merchant.organization["api_key"],
    }
    return [
        {
            "connection_id": connection_id,
            "tenant_id": merchant.tenant_id,
            "field": field,
            "sealed": secrets.of(merchant.tenant_id, connection_id).seal(field, SecretStr(value)),
        }
        for (connection_id, field), value in values.items()
    ]
