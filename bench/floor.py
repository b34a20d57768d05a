"""The least a writer process can do: consume, insert, POST, update; nothing is decided, guarded or recorded.

Run as a process of its own: `python -m bench.floor '{"transport": "aiohttp", …}'`.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import aiohttp
import asyncpg
import httpx
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from httpx_aiohttp import AiohttpTransport
from pydantic import BaseModel, Field

from common.runtime import collect_seldom

JSON = "application/json"
TABLE = "CREATE TABLE IF NOT EXISTS floor (id text PRIMARY KEY, payload bytea NOT NULL, voucher text)"
INSERT = "INSERT INTO floor (id, payload) VALUES ($1, $2)"
UPDATE = "UPDATE floor SET voucher = $2 WHERE id = $1"
BODY = (
    b'{"type":"salesinvoice","voucherNumber":"%s","voucherDate":"%s","totalGrossAmount":62.40,'
    b'"totalTaxAmount":8.79,"taxType":"gross","useCollectiveContact":true,"contactName":"Mara Beispiel",'
    b'"remark":"#0123456789abcdef Bestellung B-%s, PayPal 9XX00000AA111111B","voucherItems":['
    b'{"amount":49.90,"taxAmount":7.97,"taxRatePercent":19,"categoryId":"8f8664a8-fd86-11e1-a21f-0800200c9a66"},'
    b'{"amount":12.50,"taxAmount":0.82,"taxRatePercent":7,"categoryId":"8f8664a8-fd86-11e1-a21f-0800200c9a66"}]}'
)

Post = Callable[[str, bytes], Awaitable[bytes]]
Work = asyncio.Queue[tuple[ConsumerRecord, bytes] | None]


class Task(BaseModel):
    """What to do."""

    transport: Annotated[str, Field(pattern="^(httpx|httpx-aiohttp|aiohttp)$")]
    bootstrap: str
    topic: str
    database: str
    url: str
    keys: dict[str, str]  # tenant → API key
    prefix: str
    day: str
    count: int
    concurrency: int


async def main(task: Task) -> None:
    """Every message of the topic whose key is ours is a voucher."""
    pool = await asyncpg.create_pool(task.database, min_size=task.concurrency, max_size=task.concurrency)
    async with pool, _posting(task) as post:
        await pool.execute(TABLE)
        consumer = AIOKafkaConsumer(
            task.topic,
            bootstrap_servers=task.bootstrap,
            group_id=f"floor-{task.prefix}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        began = time.process_time()
        try:
            work: Work = asyncio.Queue(task.concurrency * 2)
            async with asyncio.TaskGroup() as group:
                for _ in range(task.concurrency):
                    group.create_task(_handle(work, task, pool, post))
                await _consume(consumer, work, task)
            await consumer.commit()
            sys.stdout.write(f"CPU seconds: {time.process_time() - began}\n")
        finally:
            await consumer.stop()


async def _consume(consumer: AIOKafkaConsumer, work: Work, task: Task) -> None:
    taken = 0
    while taken < task.count:
        batch = await consumer.getmany(timeout_ms=250, max_records=500)
        for record in (record for records in batch.values() for record in records):
            headers = dict(record.headers)
            taken += 1
            await work.put((record, headers["ce_tenantid"]))
    for _ in range(task.concurrency):
        await work.put(None)


async def _handle(work: Work, task: Task, pool: asyncpg.Pool, post: Post) -> None:
    day = task.day.encode()
    while (taken := await work.get()) is not None:
        record, tenant = taken
        number = f"{task.prefix}{record.partition:02}{record.offset:06}"
        await pool.execute(INSERT, number, record.value)
        body = BODY % (number.encode(), day, number.encode())
        answer = await post(task.keys[tenant.decode()], body)
        await pool.execute(UPDATE, number, orjson.loads(answer)["id"])


@asynccontextmanager
async def _posting(task: Task) -> AsyncIterator[Post]:
    url = f"{task.url}/v1/vouchers"
    if task.transport == "aiohttp":
        connector = aiohttp.TCPConnector(limit=task.concurrency)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def plain(key: str, body: bytes) -> bytes:
                async with session.post(url, data=body, headers=_headers(key)) as answer:
                    answer.raise_for_status()
                    return await answer.read()

            yield plain
        return
    transport = AiohttpTransport() if task.transport == "httpx-aiohttp" else None
    limits = httpx.Limits(max_connections=task.concurrency, max_keepalive_connections=task.concurrency)
    async with httpx.AsyncClient(transport=transport, limits=limits, trust_env=False) as client:

        async def through_httpx(key: str, body: bytes) -> bytes:
            answer = await client.post(url, content=body, headers=_headers(key))
            answer.raise_for_status()
            return answer.content

        yield through_httpx


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": JSON, "Accept": JSON}


if __name__ == "__main__":
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Task.model_validate_json(sys.argv[1])))
