"""Every kind of fault around the one write, against the simulator: exactly one voucher, or surely none."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from common.db.engine import Database
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound, Refused
from common.effects.gate import Gate
from common.effects.runner import EffectRunner
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.credentials import RefreshBusy
from common.lexware.errors import VoucherRejected
from sandbox.testing import RunningSandbox
from support.books import PATIENT, WAITS, Books, DocumentEffect
from support.deciding import alarms, attempt_states, run_until_decided, vouchers


@dataclass(frozen=True)
class Trouble:
    """A fault of the simulator and the attempts it leads to."""

    kind: str
    attempts: list[str]
    how: BoundHow = BoundHow.RECONCILED
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.kind, *map(str, self.params.values())])


DONE_UNSEEN = [
    Trouble("timeout_after_commit", ["bound"]),
    Trouble("drop_after_commit", ["bound"]),
    Trouble("disguised_429", ["bound"], params={"committed": True}),
    Trouble("server_error", ["bound"], params={"status": 503, "body": "html", "committed": True}),
    Trouble("truncated_answer", ["bound"]),
    Trouble("no_id", ["bound"]),
    Trouble("html_answer", ["bound"], params={"committed": True}),
    Trouble("late_commit", ["bound"], params={"delay": 80, "answer": "timeout"}),
    Trouble("late_commit", ["bound"], params={"delay": 80, "answer": "drop"}),
]
BODIES = ("html", "json", "message", "text", "empty")
FOREIGN_CODES = (400, 401, 403, 406, 409, 429)
REFUSED_BY_OTHERS = [  # before the commit or after it: from here both look alike
    Trouble(
        "foreign_refusal",
        ["bound"] if committed else ["absent", "bound"],
        how=BoundHow.RECONCILED if committed else BoundHow.WRITTEN,
        params={"status": status, "body": BODIES[place % len(BODIES)], "committed": committed},
    )
    for place, status in enumerate(FOREIGN_CODES)
    for committed in (True, False)
]
NOT_DONE = [
    Trouble("drop_before_commit", ["absent", "bound"], how=BoundHow.WRITTEN),
    Trouble("disguised_429", ["absent", "bound"], how=BoundHow.WRITTEN),
    Trouble(
        "server_error", ["absent", "bound"], how=BoundHow.WRITTEN, params={"status": 500, "body": "empty"}
    ),
    Trouble("html_answer", ["absent", "bound"], how=BoundHow.WRITTEN),
    Trouble("rate_limited", ["refused", "bound"], how=BoundHow.WRITTEN),
]


@pytest.mark.parametrize("trouble", [*DONE_UNSEEN, *NOT_DONE, *REFUSED_BY_OTHERS], ids=str)
async def test_a_fault_at_the_write_ends_in_exactly_one_voucher(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient, trouble: Trouble
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers", trouble.kind, **trouble.params)
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    result = await run_until_decided(EffectRunner(database, WAITS), effect)
    (voucher,) = await vouchers(lexware, "A-1")
    assert result == Bound(voucher["id"], trouble.how)
    assert await attempt_states(database, effect.key) == trouble.attempts
    assert await alarms(database, "test_bound") == [{"voucher": voucher["id"], "how": trouble.how}]
    assert await alarms(database, "duplicate") == []


async def test_a_slow_answer_is_waited_for(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers", "slow", delay=60)
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    assert isinstance(await EffectRunner(database, PATIENT).ensure(effect), Bound)
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_a_write_without_trouble_costs_one_request_and_one_attempt(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    runner, effect = EffectRunner(database, PATIENT), DocumentEffect(client, books.tenant_id, "A-1")
    assert not await runner.is_known(effect.key)
    first = await runner.ensure_new(effect)
    again = await runner.ensure(effect)
    assert first == again
    assert await runner.is_known(effect.key)
    (voucher,) = await vouchers(lexware, "A-1")
    assert first == Bound(voucher["id"], BoundHow.WRITTEN)
    state = await lexware.lexware.control.state(only="vouchers")
    assert state["requests"] == {"POST /v1/vouchers": 1}
    assert len(await alarms(database, "test_bound")) == 1


@pytest.mark.parametrize("kind", ["contract_problem", "unauthorized"])
async def test_a_refusal_of_the_connection_did_nothing_and_is_tried_again_later(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient, kind: str
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers", kind)
    runner, effect = EffectRunner(database, PATIENT), DocumentEffect(client, books.tenant_id, "A-1")
    assert isinstance(await runner.ensure(effect), Later)
    assert await vouchers(lexware, "A-1") == []
    assert isinstance(await runner.ensure(effect), Bound)
    assert await attempt_states(database, effect.key) == ["refused", "bound"]


async def test_a_voucher_that_does_not_add_up_is_refused_with_the_issue(
    database: Database, books: Books, client: LexwareClient
) -> None:
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    effect.tax += 1
    refused = await EffectRunner(database, PATIENT).ensure(effect)
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, VoucherRejected)
    assert [issue.key for issue in refused.error.issues] == ["invalid_taxamount"]
    assert refused.error.request_id


async def test_a_number_with_signs_is_found_again_in_the_books(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    number = "R&D <17> +ä/%?"
    await lexware.lexware.control.fault("POST", "/v1/vouchers", "drop_after_commit")
    result = await run_until_decided(
        EffectRunner(database, WAITS), DocumentEffect(client, books.tenant_id, number)
    )
    (voucher,) = await vouchers(lexware, number)
    assert result == Bound(voucher["id"], BoundHow.RECONCILED)


async def test_an_ignored_filter_proves_nothing(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    await EffectRunner(database, PATIENT).ensure(DocumentEffect(client, books.tenant_id, "OTHER"))
    control = lexware.lexware.control
    await control.fault("GET", "/v1/voucherlist", "filter_ignored", times=12)
    await control.fault("POST", "/v1/vouchers", "drop_before_commit")
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    result = await run_until_decided(EffectRunner(database, WAITS), effect)
    assert isinstance(result, Bound)
    assert len(await vouchers(lexware, "A-1")) == 1
    state = await control.state(only="faults")
    assert state["requests"]["GET /v1/voucherlist"] > 12


async def test_trouble_before_the_last_byte_leaves_no_doubt(
    database: Database, books: Books, client: LexwareClient
) -> None:
    @dataclass
    class Busy(DocumentEffect):
        """The credentials it had when it was armed have gone meanwhile."""

        async def send(self, gate: Gate) -> str:
            raise RefreshBusy("a refresh is under way", retry_after=timedelta(seconds=5))

    effect = Busy(client, books.tenant_id, "A-1")
    result = await EffectRunner(database, WAITS).ensure(effect)
    assert result == Later(timedelta(seconds=5), RefreshBusy.code)
    assert await attempt_states(database, effect.key, withdrawn=True) == ["withdrawn"]
