"""What every kind of connection answers: shops, books, and whatever is linked next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal
from api.deps import Deps
from api.schemas.connections import ConnectionRead, TroubleRead
from api.schemas.operations import ConnectionHealth
from common.db.models.core import ConnectionRow


@dataclass(frozen=True, slots=True)
class Checked:
    """A connection that may be kept: where it leads, and whether the other side confirmed it."""

    address: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A connection that was linked, and the one the tenant's line uses, which may still be another."""

    row: ConnectionRow
    in_line: ConnectionRow
    is_new: bool
    moved_from: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection as it really stands: what others know about it counts as much as its own state."""

    row: ConnectionRow
    state: str
    state_reason: str | None
    base_url: str | None
    organization_id: str | None = None
    webhook_path: str | None = None
    pending_connection_id: str | None = None
    pending_organization_id: str | None = None
    trouble: TroubleRead | None = None
    failures: int = 0
    last_error: str | None = None
    last_poll_at: datetime | None = None
    next_poll_at: datetime | None = None

    def read(self) -> ConnectionRead:
        """The connection as it is shown."""
        return ConnectionRead.model_validate(
            {
                **self._shared(),
                "base_url": self.base_url,
                "organization_id": self.organization_id,
                "auth": self.row.auth,
                "verified_at": self.row.verified_at,
                "created_at": self.row.created_at,
                "webhook_path": self.webhook_path,
                "pending_connection_id": self.pending_connection_id,
                "pending_organization_id": self.pending_organization_id,
            }
        )

    def health(self) -> ConnectionHealth:
        """The connection as the status shows it."""
        return ConnectionHealth.model_validate(
            {
                **self._shared(),
                "last_poll_at": self.last_poll_at,
                "next_poll_at": self.next_poll_at,
                "failures": self.failures,
                "last_error": self.last_error,
            }
        )

    def _shared(self) -> dict[str, Any]:
        return {
            "id": self.row.connection_id,
            "tenant_id": self.row.tenant_id,
            "kind": self.row.kind,
            "platform": self.row.platform,
            "name": self.row.name,
            "state": self.state,
            "state_reason": self.state_reason,
            "trouble": self.trouble,
        }


WantedT_contra = TypeVar("WantedT_contra", contravariant=True)
CheckedT = TypeVar("CheckedT", bound=Checked)


class Kind(Protocol[WantedT_contra, CheckedT]):
    """One kind of connection; what is done otherwise for another kind is asked here and nowhere else."""

    @property
    def can_be_fetched(self) -> bool:
        """Whether a person may ask to read over it now."""

    def place(self, row: ConnectionRow) -> str:
        """Tell where a connection leads, spelled so that two of them can be compared."""

    async def check(self, deps: Deps, tenant_id: UUID, wanted: WantedT_contra, *, verify: bool) -> CheckedT:
        """Ask the other side; raises the problem to answer with. Must not run inside a transaction."""

    async def keep(
        self,
        session: AsyncSession,
        deps: Deps,
        principal: Principal,
        wanted: WantedT_contra,
        checked: CheckedT,
    ) -> Kept:
        """Keep what was checked with its secrets. Raises a problem when it is in use elsewhere."""

    async def enable(
        self, session: AsyncSession, deps: Deps, row: ConnectionRow, *, by_operator: bool
    ) -> None:
        """Use a disabled connection again. Raises a problem when something else has to happen first."""

    async def resume(self, session: AsyncSession, row: ConnectionRow) -> None:
        """Ask those who waited for the connection to go on, now that it is in use."""

    async def standings(self, session: AsyncSession, rows: Sequence[ConnectionRow]) -> list[Standing]:
        """Read how connections of this kind stand."""
