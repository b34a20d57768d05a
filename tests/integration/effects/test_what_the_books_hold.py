"""What a look at the books can show after a doubt, and what a person can decide then."""

import pytest

from common.db.engine import Database
from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound, Parked
from common.effects.runner import EffectRunner
from common.later import Later
from common.lexware.client import LexwareClient
from sandbox.testing import RunningSandbox
from support.books import PATIENT, WAITS, Books, DocumentEffect
from support.deciding import alarms, attempt_states, requests, run_until_decided, vouchers
from support.eventually import eventually


@pytest.fixture
def effect(books: Books, client: LexwareClient) -> DocumentEffect:
    return DocumentEffect(client, books.tenant_id, "A-1")


async def lose_the_answer(lexware: RunningSandbox, kind: str = "drop_after_commit", times: int = 1) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers", kind, times=times)


async def by_hand(lexware: RunningSandbox, **fields: object) -> str:
    order = {"type": "salesinvoice", "voucherNumber": "A-1", **fields}
    return str((await lexware.lexware.control.post("vouchers", order))["id"])


async def parked_for_missing_marker(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> tuple[EffectRunner, str]:
    """A voucher of ours whose marker a person removed while its answer was lost."""
    runner = EffectRunner(database, WAITS)
    await lose_the_answer(lexware)
    await EffectRunner(database, PATIENT).ensure(effect)
    (voucher,) = await vouchers(lexware, "A-1")
    await lexware.lexware.control.post(f"vouchers/{voucher['id']}", {"remark": "edited"})
    result = await run_until_decided(runner, effect)
    assert result == Parked(DocumentReason.MARKER_MISSING_IN_BOOKS.value, {"vouchers": [voucher["id"]]})
    return runner, voucher["id"]


async def test_the_same_number_without_marker_parks_and_stays_parked(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner, _ = await parked_for_missing_marker(lexware, database, effect)
    assert isinstance(await run_until_decided(runner, effect), Parked)
    assert len(await vouchers(lexware, "A-1")) == 1
    assert (await alarms(database, "test_parked"))[0] == {"reason": "marker_missing_in_books"}
    assert await attempt_states(database, effect.key) == ["parked"]


async def test_a_person_adopts_the_voucher_without_marker(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner, voucher_id = await parked_for_missing_marker(lexware, database, effect)
    assert await runner.adopt(effect, voucher_id) == Bound(voucher_id, BoundHow.ADOPTED)
    assert await runner.ensure(effect) == Bound(voucher_id, BoundHow.ADOPTED)
    assert await alarms(database, "test_bound") == [{"voucher": voucher_id, "how": "adopted"}]


async def test_a_person_books_again_and_the_foreign_voucher_is_no_doubt_any_more(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner, foreign = await parked_for_missing_marker(lexware, database, effect)
    assert await runner.give_up_open_attempt(effect.key)
    await lose_the_answer(lexware, "drop_before_commit")
    result = await run_until_decided(runner, effect)
    assert isinstance(result, Bound)
    assert result.external_id != foreign
    assert await attempt_states(database, effect.key) == ["released", "absent", "bound"]
    assert len(await vouchers(lexware, "A-1")) == 2


async def test_an_attempt_that_may_still_arrive_is_not_given_up(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    patient = EffectRunner(database, PATIENT)
    await lose_the_answer(lexware)
    await patient.ensure(effect)
    assert not await patient.give_up_open_attempt(effect.key)
    assert isinstance(await patient.adopt(effect, "anything"), Later)
    assert isinstance(await run_until_decided(EffectRunner(database, WAITS), effect), Bound)
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_two_marked_vouchers_park_as_duplicate_with_an_alarm(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    first = await by_hand(lexware, remark=f"{effect.marker} one")
    await lose_the_answer(lexware)
    result = await run_until_decided(EffectRunner(database, WAITS), effect)
    assert isinstance(result, Parked)
    assert result.reason == DocumentReason.DUPLICATE_IN_BOOKS.value
    assert first in result.params["vouchers"]
    assert len(await alarms(database, "duplicate")) == 1


async def test_a_voucher_that_is_there_is_adopted_without_a_write(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    voucher_id = await by_hand(lexware)
    runner = EffectRunner(database, WAITS)
    assert await runner.adopt(effect, voucher_id) == Bound(voucher_id, BoundHow.ADOPTED)
    assert await runner.ensure(effect) == Bound(voucher_id, BoundHow.ADOPTED)
    assert await runner.adopt(effect, "another") == Bound(voucher_id, BoundHow.ADOPTED)
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_writes_that_never_arrive_park_after_the_last_attempt(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner = EffectRunner(database, WAITS.model_copy(update={"max_attempts": 2}))
    await lose_the_answer(lexware, "drop_before_commit", times=2)
    assert await run_until_decided(runner, effect) == Parked(
        DocumentReason.ATTEMPTS_USED_UP.value, {"attempts": 2}
    )
    assert await runner.give_up_open_attempt(effect.key)
    assert isinstance(await run_until_decided(runner, effect), Bound)


async def test_a_refusal_while_looking_leaves_the_attempt_open(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner = EffectRunner(database, WAITS)
    await lose_the_answer(lexware)
    await EffectRunner(database, PATIENT).ensure(effect)
    await lexware.lexware.control.fault("GET", "/v1/voucherlist", "contract_problem", times=None)

    async def is_refused() -> bool:
        assert isinstance(await runner.ensure(effect), Later)
        return (await requests(lexware)).get("GET /v1/voucherlist", 0) > 2

    await eventually(is_refused)
    assert await attempt_states(database, effect.key) == ["open"]
    await lexware.lexware.control.clear_faults()
    assert isinstance(await run_until_decided(runner, effect), Bound)
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_a_voucher_that_cannot_be_read_yet_proves_nothing(
    lexware: RunningSandbox, database: Database, effect: DocumentEffect
) -> None:
    runner = EffectRunner(database, WAITS)
    await lose_the_answer(lexware)
    await lexware.lexware.control.fault("GET", "/v1/vouchers/{id}", "not_found_lag", times=2)
    assert isinstance(await run_until_decided(runner, effect), Bound)
    assert await attempt_states(database, effect.key) == ["bound"]
    assert len(await vouchers(lexware, "A-1")) == 1
