"""What the routes work with; made once per process and carried by the app."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.http import CursorSeal
from api.problems import (
    InvalidRequest,
)
from api.settings import Settings
from api.upstream import ConnectionChecks
from common.db.engine import Database
from common.db.secrets import Secrets


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a request may need."""

    settings: Settings
    db: Database
    secrets: Secrets
    cursors: CursorSeal
    checks: ConnectionChecks
    admin_hash: str | None


def get_deps(request: Request) -> Deps:
    """The app's own."""
    deps = request.app.state.deps
    assert isinstance(deps, Deps)
    return deps


def each_parameter_once(request: Request) -> None:
    """Raises `InvalidRequest` when a parameter is repeated, because only one of them would count."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if len(given) < given.total():
        raise InvalidRequest("Each parameter of the address may be given once only.")


DepsOf = Annotated[Deps, Depends(get_deps)]
