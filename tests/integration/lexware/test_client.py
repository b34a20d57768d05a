"""The client against the simulator: reads, pages, and a backlog under the real rate limit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest
from pydantic import SecretStr

from common.db.engine import Database
from common.effects.effect import Bound
from common.effects.runner import EffectRunner
from common.http.errors import RateLimitWait
from common.http.transport import Network
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.voucherlist import VoucherFilter
from common.settings import EffectSettings
from sandbox.testing import RunningSandbox, running_sandbox
from support.books import Books, DocumentEffect, books_at

SCALE = 0.05


async def by_hand(lexware: RunningSandbox, number: str, day: str, **fields: object) -> str:
    order = {"type": "salesinvoice", "voucherNumber": number, "voucherDate": day, **fields}
    return str((await lexware.lexware.control.post("vouchers", order))["id"])


async def test_profile_and_categories_are_read(lexware: RunningSandbox, client: LexwareClient) -> None:
    profile = await client.profile.get()
    assert profile.organization_id == lexware.lexware.credentials["organization_id"]
    assert "BOOKKEEPING" in profile.business_features
    categories = {category.id: category for category in await client.posting_categories.list()}
    goods = categories["8f8664a8-fd86-11e1-a21f-0800200c9a66"]
    assert (goods.type, goods.contact_required, goods.split_allowed) == ("income", False, True)


async def test_a_key_is_looked_at_before_it_is_stored(books: Books, lexware: RunningSandbox) -> None:
    client = books.clients().with_key(SecretStr(lexware.lexware.credentials["api_key"]))
    assert (await client.profile.get()).organization_id == lexware.lexware.credentials["organization_id"]


async def test_find_gives_exactly_the_number(lexware: RunningSandbox, client: LexwareClient) -> None:
    wanted = await by_hand(lexware, "R&D-17", "2026-03-02")
    await by_hand(lexware, "R&D-170", "2026-03-02")
    found = await client.voucherlist.find("salesinvoice", "R&D-17")
    assert ([row.id for row in found.rows], found.complete) == ([wanted], True)
    assert await client.voucherlist.find("salescreditnote", "R&D-17") == type(found)((), True)


async def test_a_list_with_other_numbers_is_not_complete(
    lexware: RunningSandbox, client: LexwareClient
) -> None:
    await by_hand(lexware, "A-2", "2026-03-02")
    await lexware.lexware.control.fault("GET", "/v1/voucherlist", "filter_ignored")
    found = await client.voucherlist.find("salesinvoice", "A-1")
    assert (found.rows, found.complete) == ((), False)


async def test_pages_are_read_to_their_end(lexware: RunningSandbox, client: LexwareClient) -> None:
    ids = {await by_hand(lexware, f"P-{number}", "2026-03-02") for number in range(260)}
    old = await by_hand(lexware, "OLD", "2025-12-31")
    year = VoucherFilter(dated_from=date(2026, 1, 1), dated_to=date(2026, 12, 31))
    first, second = await client.voucherlist.page(year), await client.voucherlist.page(year, 1)
    assert (first.total, first.last, second.last) == (260, False, True)
    assert {row.id for page in (first, second) for row in page.content} == ids
    changed = VoucherFilter(changed_from=date(2026, 1, 1))
    seen = [await client.voucherlist.page(changed, number) for number in range(2)]
    assert {row.id for page in seen for row in page.content} == {*ids, old}


@pytest.fixture
async def limited() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox("lexware", time_scale=SCALE) as running:
        yield running


@pytest.mark.parametrize(("workers", "burst"), [(1, 3), (3, 1)])
async def test_a_backlog_is_never_refused(
    limited: RunningSandbox, database: Database, network: Network, workers: int, burst: int
) -> None:
    """The simulator takes 2 a second, four at once, in its own time; we send 1.5 a second.

    Requests that a stall holds up come together with those that are free again after it: with four of both
    at most, the simulator has a token for each, however long the stall was.
    """
    rate = {"rate_per_second": 1.5 / SCALE, "burst": burst, "partner_rate_per_second": None}
    books = books_at(limited, database, network, rate_limit_enabled=True, **rate)
    client = await books.connect(key=limited.lexware.credentials["api_key"])
    backlog = [DocumentEffect(client, books.tenant_id, f"A-{number}") for number in range(60)]
    runner = EffectRunner(database, EffectSettings())

    async def work() -> None:
        while backlog:
            effect = backlog.pop()
            while not isinstance(result := await runner.ensure(effect), Bound):
                assert isinstance(result, Later)
                assert result.reason == RateLimitWait.code
                await asyncio.sleep(result.after.total_seconds())

    await asyncio.gather(*(work() for _ in range(workers)))
    state = await limited.lexware.control.state(only="vouchers")
    assert (len(state["vouchers"]), state["rate_limited"]) == (60, 0)
