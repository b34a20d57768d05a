"""Documents per second of one writer process, beside the bare floor in the same run."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.engine import make_url

from bench.documents import invoices, publish
from bench.figures import middle, per_second, percent, table
from bench.floor import Task
from bench.merchants import Merchant, add_merchants, nobodys_shop
from bench.processes import cpu_seconds
from bench.profiled import Profile
from bench.report import Section, say
from bench.simulators import FILE, VOUCHER
from bench.world import World, running_world
from common.domain.documents import BERLIN
from common.events.topics import SHOP_DOCUMENTS
from common.transport.topic_admin import apply_topics
from invoice_writer.app import Settings as WriterSettings
from tools.cluster import Process
from tools.servers.processes import running

CONNECTIONS, DOCUMENTS, QUICK_DOCUMENTS = 200, 3000, 1000
WARM_UP_SHARE = 10  # the first tenth of a run is not measured
LIMIT_SECONDS = 300
LOOK_SECONDS = 0.2
ROUNDS = 2
TARGET = 0.3
WITHOUT_FILE, WITH_FILE = "without file", "with file"
TRANSPORTS = ("httpx", "httpx-aiohttp", "aiohttp")
LAST_WORDS_SECONDS = 20
FLOOR_CONCURRENCY = 32  # where it is fastest: each of its workers has a database connection of its own
CONCURRENCY: int = WriterSettings.model_fields["worker"].default.concurrency
WITHOUT_LIMIT = {"LEXWARE__RATE_LIMIT_ENABLED": "false"}

Ended = Callable[[Callable[[], None]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Run:
    """Documents per second of one run, and the processor time its process spent on each."""

    speed: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.speed:.0f}/s, {self.cpu * 1000:.1f} ms CPU each"


class Throughput:
    """One world in which writer and floor take turns."""

    def __init__(self, world: World, merchants: Sequence[Merchant], count: int) -> None:
        self._world, self._merchants, self._count = world, merchants, count
        self._runs = 0
        self.writer: defaultdict[str, list[Run]] = defaultdict(list)
        self.floor: defaultdict[str, list[Run]] = defaultdict(list)
        self.profile: Profile | None = None

    async def warm_up(self) -> None:
        """The writer has read what it reads once per connection."""
        await self.run_writer("warm-up", len(self._merchants))

    async def run_writer(self, kind: str, count: int = 0, *, with_file: bool = False) -> None:
        """Preload the topic, start one writer, and keep how fast the vouchers came."""
        prefix, count = await self._preload(count, with_file=with_file), count or self._count
        ended = await self._end(count, FILE if with_file else VOUCHER)
        with self._world.services("invoice_writer", **WITHOUT_LIMIT) as parts:
            writer = parts["invoice_writer"]
            before = cpu_seconds(writer.process.pid)
            await ended(writer.check)
            spent = cpu_seconds(writer.process.pid) - before
        self.writer[kind].append(Run(await self._speed(prefix, count), spent / count))
        say(f"writer, {kind}: {self.writer[kind][-1]}")

    async def run_profiled(self) -> None:
        """One more run whose writer is watched; its speed does not count."""
        await self._preload(self._count, with_file=False)
        result = self._world.folder / "profile.json"
        ended = await self._end(self._count, VOUCHER)
        command = ["bench.profiled", str(result)]
        with self._world.service_as("invoice_writer", command, **WITHOUT_LIMIT) as part:
            await ended(part.check)
        self.profile = Profile.read(result)

    async def run_floor(self, transport: str) -> None:
        """Preload a topic of its own, start the floor, and keep how fast the vouchers came."""
        prefix = await self._preload(self._count, own_topic=True)
        log, task = self._world.folder / f"{prefix}.log", self._task(transport, prefix)
        ended = await self._end(self._count, VOUCHER)
        command = [sys.executable, "-m", "bench.floor", task.model_dump_json()]
        with running(command, log=log, env=self._world.paths) as floor:
            part = Process("floor", floor, log, "")
            await ended(lambda: None if floor.poll() == 0 else part.check())
            await asyncio.to_thread(floor.wait, LAST_WORDS_SECONDS)
        spent = float(log.read_text().split()[-1])
        self.floor[transport].append(Run(await self._speed(prefix, self._count), spent / self._count))
        say(f"floor, {transport}: {self.floor[transport][-1]}")

    async def _preload(self, count: int, *, with_file: bool = False, own_topic: bool = False) -> str:
        """As many documents are on the topic; how their numbers, and the name of an own topic, begin."""
        self._runs += 1
        world, prefix = self._world, f"T{self._runs:02}-"
        events = await invoices(world.db, self._merchants, count or self._count, prefix, with_file=with_file)
        settings = world.kafka_settings
        if own_topic:
            settings = settings.model_copy(update={"topic_prefix": prefix})
            await apply_topics(settings, (SHOP_DOCUMENTS,))
        await publish(settings, world.db, events)
        return prefix

    def _task(self, transport: str, prefix: str) -> Task:
        address = make_url(self._world.postgres.address).set(drivername="postgresql")
        return Task(
            transport=transport,
            bootstrap=self._world.kafka.address,
            topic=f"{prefix}{SHOP_DOCUMENTS.name}",
            database=address.render_as_string(hide_password=False),
            url=self._world.lexware.base_url,
            keys={str(one.tenant_id): one.organization["api_key"] for one in self._merchants},
            prefix=prefix,
            day=datetime.now(UTC).astimezone(BERLIN).date().isoformat(),
            count=self._count,
            concurrency=FLOOR_CONCURRENCY,
        )

    async def _end(self, count: int, call: str) -> Ended:
        """What returns once this call was made so many times more than now."""
        lexware = self._world.lexware
        wanted = (await lexware.requests()).get(call, 0) + count

        async def ended(check: Callable[[], None]) -> None:
            async with asyncio.timeout(LIMIT_SECONDS):
                while (await lexware.requests()).get(call, 0) < wanted:
                    check()
                    await asyncio.sleep(LOOK_SECONDS)

        return ended

    async def _speed(self, prefix: str, count: int) -> float:
        """Vouchers per second after the warm-up, by the moments at which the books took them."""
        moments = sorted((await self._world.lexware.created(prefix)).values())
        if len(moments) != count:
            raise RuntimeError(f"{len(moments)} of {count} documents became vouchers")
        return per_second(moments[count // WARM_UP_SHARE :])


async def measure(*, quick: bool) -> Section:
    """Writer and floor in turns, two runs each, then one watched run of the writer."""
    count = QUICK_DOCUMENTS if quick else DOCUMENTS
    async with running_world() as world:
        await world.lexware.without_limits()
        shops = [nobodys_shop(place) for place in range(CONNECTIONS)]
        merchants = await add_merchants(world.db, world.key, world.lexware, shops)
        work = Throughput(world, merchants, count)
        await work.warm_up()
        for _ in range(1 if quick else ROUNDS):
            await work.run_writer(WITHOUT_FILE)
            for transport in TRANSPORTS:
                await work.run_floor(transport)
        await work.run_writer(WITH_FILE, with_file=True)
        await work.run_profiled()
        return Section("throughput", _body(work, count), world.sources)


def _body(work: Throughput, count: int) -> str:
    floors = {transport: middle([run.speed for run in runs]) for transport, runs in work.floor.items()}
    best = max(floors, key=lambda transport: floors[transport])
    return "\n\n".join(
        [_speeds(work, floors, best), _note(work, floors[best], count), *_profile(work.profile, count)]
    )


def _speeds(work: Throughput, floors: Mapping[str, float], best: str) -> str:
    def row(name: str, runs: Sequence[Run]) -> list[str]:
        speed = middle([run.speed for run in runs])
        each = ", ".join(f"{run.speed:.0f}" for run in runs)
        cpu = middle([run.cpu for run in runs]) * 1000
        return [name, f"{speed:.0f}", f"{speed / floors[best]:.2f}", f"{cpu:.1f} ms", each]

    rows = [row(f"invoice-writer, {kind}", work.writer[kind]) for kind in (WITHOUT_FILE, WITH_FILE)]
    for transport, runs in work.floor.items():
        mark = " (fastest)" if transport == best else ""
        rows.append(row(f"bare floor over {transport}{mark}", runs))
    return table(["one process", "documents/s", "of the fastest floor", "CPU per document", "runs"], rows)


def _note(work: Throughput, floor: float, count: int) -> str:
    ratio = middle([run.speed for run in work.writer[WITHOUT_FILE]]) / floor
    return (
        f"{count} documents of {CONNECTIONS} connections preloaded into Kafka, {CONCURRENCY} at a time by the"
        f" writer and {FLOOR_CONCURRENCY} by the floor,"
        f" PostgreSQL as durable as it comes, no rate limit and no read lag; the first"
        f" {100 // WARM_UP_SHARE} % of each run are not counted. Target: at least {TARGET} of the floor;"
        f" reached {ratio:.2f}."
    )


def _profile(profile: Profile | None, count: int) -> list[str]:
    if profile is None:
        return []
    shares = [[name, percent(share)] for name, share in profile.shares()]
    asked = [[name, f"{times:.2f}"] for name, times in profile.per_document(count)]
    return [
        "Where the writer's thread was (samples of one more run without files):",
        table(["code", "share"], shares),
        "What it asked of the database per document, as far as worth naming:",
        table(["statement", "per document"], asked),
    ]
