"""The key by which the payers of a merchant are recognised: one for each tenant, made once, kept sealed."""

from collections.abc import Collection, Mapping
from uuid import UUID

import structlog
from pydantic import SecretStr

from common.db.engine import Database
from common.db.secrets import Secrets, SecretUnreadable, new_key
from common.domain.buyers import PayerKey

PAYER_KEY = "payer_key"

log = structlog.get_logger(__name__)


class PayerKeys:
    """Finds the keys of tenants or makes them; each is read once in the life of a process.

    A key is committed before anything is hashed with it: a crash in between leaves that key.
    """

    def __init__(self, db: Database, secrets: Secrets) -> None:
        self._db, self._secrets = db, secrets
        self._known: dict[UUID, PayerKey | None] = {}

    async def get(self, tenant_ids: Collection[UUID]) -> Mapping[UUID, PayerKey | None]:
        """Find the tenants' keys, making those that are missing; None where no key of this process opens one.

        Nothing waits for that: until the process has the right keys payers are not recognised, no more.
        """
        for tenant_id in sorted(set(tenant_ids) - self._known.keys()):
            self._known[tenant_id] = await self._find_or_make(tenant_id)
        return {one: self._known[one] for one in tenant_ids}

    async def _find_or_make(self, tenant_id: UUID) -> PayerKey | None:
        try:
            found = await self._find(tenant_id)
            return PayerKey(await self._make(tenant_id) if found is None else found)
        except SecretUnreadable:
            log.warning("payer_key.unreadable", tenant_id=str(tenant_id))
            return None

    async def _find(self, tenant_id: UUID) -> SecretStr | None:
        async with self._db.reading.of(tenant_id) as session:
            return await self._secrets.of_tenant(tenant_id).find(session, PAYER_KEY)

    async def _make(self, tenant_id: UUID) -> SecretStr:
        async with self._db.sessions.of(tenant_id) as session:
            mine = self._secrets.of_tenant(tenant_id)
            return await mine.make_once(session, PAYER_KEY, SecretStr(new_key()))
