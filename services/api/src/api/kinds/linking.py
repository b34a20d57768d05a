"""Links a connection or uses it again, whatever its kind: asked first, then kept in one transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Answer, Principal, audit, lock_tenant
from api.connections import alone
from api.deps import Deps
from api.kinds.kind import Checked
from api.kinds.registry import connection_read, kind_of
from api.schemas.connections import BooksConnectionCreate, ConnectionRead, ShopConnectionCreate
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionState, Role

CREATED, OK = 201, 200

Wanted = ShopConnectionCreate | BooksConnectionCreate


async def check(deps: Deps, tenant_id: UUID, wanted: Wanted, *, verify: bool) -> Checked:
    """Ask the other side; raises the problem to answer with. Must not run inside a transaction."""
    checked: Checked = await kind_of(wanted).check(deps, tenant_id, wanted, verify=verify)
    return checked


async def keep(
    session: AsyncSession,
    deps: Deps,
    principal: Principal,
    tenant_id: UUID,
    wanted: Wanted,
    checked: Checked,
) -> Answer[ConnectionRead]:
    """Keep the connection with its secrets. Returns the one that the tenant's line uses."""
    await alone(session)
    await lock_tenant(session, principal.scope(tenant_id), tenant_id)
    kind = kind_of(wanted)
    kept = await kind.keep(session, deps, principal, wanted, checked)
    row = kept.row
    await kind.resume(session, row)
    moved = {} if kept.moved_from is None else {"from": kept.moved_from, "to": checked.address}
    await audit.note(
        session,
        principal,
        "connection.moved" if moved else "connection.created" if kept.is_new else "connection.relinked",
        tenant_id,
        connection_id=str(row.connection_id),
        kind=row.kind,
        platform=row.platform,
        verified=checked.verified,
        halted=kept.in_line.state == ConnectionState.HALTED,
        **moved,
    )
    shown = await connection_read(session, kept.in_line)
    return Answer(CREATED if kept.is_new and kept.in_line is row else OK, shown)


async def enable(session: AsyncSession, deps: Deps, principal: Principal, row: ConnectionRow) -> None:
    """Use a disabled connection again, and ask those who waited for it to go on. Raises a problem if not."""
    kind = kind_of(row)
    await kind.enable(session, deps, row, by_operator=principal.role is Role.OPERATOR)
    await kind.resume(session, row)
