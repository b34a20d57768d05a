"""Builds all four services on one SQLite file, and the demo around them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

import api.app
import ingest.app
import invoice_writer.app
import transit_writer.app
from common.db.engine import Database, open_database
from common.db.migrate import upgrade_database
from common.http.transport import Network
from common.inbox.accept import accept
from common.parts import PartsWatch
from common.runtime import ServiceApp, serve
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings, OpsSettings, ViesSettings
from common.transport.local import LocalTransport
from standalone.demo import Demo
from standalone.keys import admin_token, encryption_keys
from standalone.sandbox import sandbox
from standalone.settings import Settings
from standalone.starting import require_free_ports, require_own_port

DATABASE_FILE = "shopbooks.db"
DEMO_OVERLAP_SECONDS = 30.0


@dataclass(frozen=True)
class Surroundings:
    """What the demo changes: where books and VAT ids are, which hosts are local, how far polls look back."""

    lexware: LexwareSettings = field(default_factory=LexwareSettings)
    vies: ViesSettings = field(default_factory=ViesSettings)
    hosts: HostPolicy = field(default_factory=HostPolicy)
    overlap_seconds: float | None = None

    @classmethod
    def of_sandbox(cls, simulators: Mapping[str, Any]) -> "Surroundings":
        """The simulators of a sandbox on this machine."""
        books = simulators["lexware"]
        return cls(
            lexware=LexwareSettings(api_url=books["base_url"], app_url=books["app_url"]),
            vies=ViesSettings(api_url=simulators["vies"]["base_url"]),
            hosts=HostPolicy(trusted_hosts=("127.0.0.1", "localhost")),
            overlap_seconds=DEMO_OVERLAP_SECONDS,
        )


@dataclass(frozen=True)
class Installation:
    """The operator's token and the database of this data folder."""

    database: DatabaseSettings
    token: SecretStr
    token_is_ours: bool

    @classmethod
    def in_folder(cls, settings: Settings) -> "Installation":
        """What is there, made at the first start."""
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        path = (settings.data_dir / DATABASE_FILE).resolve()
        token, is_ours = admin_token(settings.data_dir, settings.admin_token)
        return cls(
            database=DatabaseSettings(url=f"sqlite+aiosqlite:///{path}"),
            token=token,
            token_is_ours=is_ours,
        )


async def serve_standalone(settings: Settings) -> None:
    """Serve until told to stop, for the tenants that were set up through the API."""
    require_free_ports(settings.host, {settings.port: "the API"})
    installation = Installation.in_folder(settings)
    async with Network() as network:
        _print_addresses(settings, installation)
        await _serve(settings, installation, Surroundings(), network, ())


async def serve_demo(settings: Settings) -> None:
    """Serve until told to stop, with a sandbox and a demo tenant."""
    require_own_port(settings)
    require_free_ports(settings.host, {settings.port: "the API"})
    require_free_ports("127.0.0.1", dict.fromkeys(settings.sandbox_ports, "the sandbox"))
    installation = Installation.in_folder(settings)
    async with Network() as network, sandbox(settings, network) as simulators:
        _print_addresses(settings, installation, simulators)
        demo = Demo(network, _address(settings), installation.token, simulators)
        surroundings = Surroundings.of_sandbox(simulators)
        await _serve(settings, installation, surroundings, network, [ServiceApp("demo", [demo])])


async def _serve(
    settings: Settings,
    installation: Installation,
    surroundings: Surroundings,
    network: Network,
    others: Sequence[ServiceApp],
) -> None:
    await asyncio.to_thread(upgrade_database, installation.database.url)
    db = open_database(installation.database)
    try:
        keys = await encryption_keys(settings.data_dir, db)
        apps = _apps(settings, installation, keys, surroundings, db, network)
        ops = OpsSettings(host="127.0.0.1", port=0, log_format="console", log_level=settings.log_level)
        watches = [PartsWatch(db, app.name, app.parts) for app in apps]
        await serve([*apps, *others, ServiceApp("watch", watches)], ops)
    finally:
        await db.close()


def _apps(
    settings: Settings,
    installation: Installation,
    keys: tuple[SecretStr, ...],
    surroundings: Surroundings,
    db: Database,
    network: Network,
) -> list[ServiceApp]:
    transport = LocalTransport(db, accept)
    shared: dict[str, Any] = {"database": installation.database}
    sealed = shared | {"encryption_keys": keys}
    books = sealed | {"lexware": surroundings.lexware}
    reading: dict[str, Any] = sealed | {"hosts": surroundings.hosts}
    if surroundings.overlap_seconds is not None:
        reading["overlap_seconds"] = surroundings.overlap_seconds
    reader = ingest.app.build(ingest.app.Settings(**reading), db, transport, network)
    front = api.app.Settings(
        **books,
        hosts=surroundings.hosts,
        admin_token=installation.token,
        host=settings.host,
        port=settings.port,
    )
    return [
        reader,
        invoice_writer.app.build(
            invoice_writer.app.Settings(**books, vies=surroundings.vies), db, transport, network
        ),
        transit_writer.app.build(transit_writer.app.Settings(**shared), db, transport),
        api.app.build(front, db, transport, network, routers=reader.routers),
    ]


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    return f"http://{host}:{settings.port}"


def _print_addresses(
    settings: Settings, installation: Installation, simulators: Mapping[str, Any] | None = None
) -> None:
    address = _address(settings)
    lines = [("API", address), ("API docs", f"{address}/docs")]
    if installation.token_is_ours:
        kept = settings.data_dir / "admin.token"
        lines.append(("operator token", f"{installation.token.get_secret_value()} (kept in {kept})"))
    if simulators is not None:
        lines += [
            ("sandbox", f"http://127.0.0.1:{settings.sandbox_port}"),
            ("simulated shop", simulators["epages"]["base_url"]),
            ("simulated books", simulators["lexware"]["base_url"]),
            ("simulated VIES", simulators["vies"]["base_url"]),
        ]
    print("\n".join(f"{name + ':':<17}{value}" for name, value in lines), flush=True)
    print("Ctrl-C ends it; the next start goes on from there.", flush=True)
