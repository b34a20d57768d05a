"""The one place where transactions are opened: each says whose rows it is for."""

from collections.abc import Iterable
from types import TracebackType
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

REACH = "reach"  # key in `session.info`: what the transaction may name


class Reach:
    """Whose rows a transaction may name: those of these tenants, or with None those of all."""

    __slots__ = ("tenants", "what")

    def __init__(self, what: str, tenants: frozenset[UUID] | None) -> None:
        self.what, self.tenants = what, tenants

    def covers(self, tenant_id: UUID) -> bool:
        """Whether rows of this tenant may be named."""
        return self.tenants is None or tenant_id in self.tenants


QUEUES = Reach("queues", None)
ALL_TENANTS = Reach("all tenants", None)


class Sessions:
    """Transactions on one engine; row-level security comes onto the reach that each of them carries."""

    def __init__(self, maker: async_sessionmaker[AsyncSession]) -> None:
        self._maker = maker

    def of(self, tenant_id: UUID) -> "Transaction":
        """For rows of this tenant, and for those that belong to nobody."""
        return Transaction(self._maker, Reach("tenant", frozenset((tenant_id,))))

    def of_tenants(self, tenant_ids: Iterable[UUID | None]) -> "Transaction":
        """For rows of these tenants: a batch names all whose work it does; None stands for nobody."""
        named = frozenset(tenant_id for tenant_id in tenant_ids if tenant_id is not None)
        return Transaction(self._maker, Reach("tenants", named))

    def of_nobody(self) -> "Transaction":
        """For rows that belong to no tenant: clocks, probes, alarms of the installation."""
        return Transaction(self._maker, Reach("nobody", frozenset()))

    def of_queues(self) -> "Transaction":
        """For the queue columns of all tenants: claims, leases, relays, housekeeping, limits."""
        return Transaction(self._maker, QUEUES)

    def of_all_tenants(self) -> "Transaction":
        """For whole rows of whoever: an operator's looks, and nothing that acts for one tenant."""
        return Transaction(self._maker, ALL_TENANTS)


class Transaction:
    """Opens a session that commits when the block ends, and rolls back when it fails."""

    __slots__ = ("_opened", "_reach")

    def __init__(self, maker: async_sessionmaker[AsyncSession], reach: Reach) -> None:
        self._opened, self._reach = maker.begin(), reach

    async def __aenter__(self) -> AsyncSession:
        session = await self._opened.__aenter__()
        session.info[REACH] = self._reach
        return session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._opened.__aexit__(kind, error, traceback)


def reach_of(session: AsyncSession) -> Reach:
    """Whose rows the open transaction may name."""
    reach = session.info[REACH]
    assert isinstance(reach, Reach)
    return reach
