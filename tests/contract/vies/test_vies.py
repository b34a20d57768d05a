"""The VIES simulator keeps to what is known of the real one: answers, error bodies and frequent outages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.testing import Handle, running_sandbox

KNOWN = {"countryCode": "AT", "vatNumber": "U13585627"}
CHECK = "/check-vat-number"


@pytest.fixture
async def vies() -> AsyncIterator[Handle]:
    """A simulator without outages of its own, a hundred times faster."""
    switches = {"vies": {"outages": 0, "body_timeout": 3000}}
    async with running_sandbox("vies", time_scale=0.01, switches=switches) as sandbox:
        yield sandbox.vies


async def ask(vies: Handle, **question: Any) -> httpx.Response:
    """One question."""
    async with httpx.AsyncClient(base_url=vies.credentials["base_url"], trust_env=False) as http:
        return await http.post(CHECK, json=question)


def error_of(response: httpx.Response) -> str:
    """The code of an answer that is none."""
    body = response.json()
    assert body["actionSucceed"] is False
    return str(body["errorWrappers"][0]["error"])


async def test_an_id_in_use_is_valid_and_its_holder_is_told(vies: Handle) -> None:
    order = {"vat_id": "FR99999999999", "name": "Maison", "address": "1 Rue"}
    await vies.control.post("ids", order)
    body = (await ask(vies, countryCode="FR", vatNumber="99999999999")).json()
    assert (body["valid"], body["name"], body["address"]) == (True, "Maison", "1 Rue")
    assert (body["requestIdentifier"], body["traderNameMatch"]) == ("", "NOT_PROCESSED")


async def test_germany_never_tells_who_holds_an_id(vies: Handle) -> None:
    body = (await ask(vies, countryCode="DE", vatNumber="136695976")).json()
    assert (body["valid"], body["name"]) == (True, "---")


async def test_an_id_nobody_made_known_is_not_valid(vies: Handle) -> None:
    body = (await ask(vies, countryCode="AT", vatNumber="U99999999")).json()
    assert (body["valid"], body["name"]) == (False, "---")


async def test_a_requester_gets_a_reference_for_his_files(vies: Handle) -> None:
    requester = {"requesterMemberStateCode": "DE", "requesterNumber": "136695976"}
    first = (await ask(vies, **KNOWN, **requester)).json()["requestIdentifier"]
    second = (await ask(vies, **KNOWN, **requester)).json()["requestIdentifier"]
    assert first
    assert second
    assert first != second


async def test_a_requester_who_is_not_in_use_gets_no_answer(vies: Handle) -> None:
    requester = {"requesterMemberStateCode": "DE", "requesterNumber": "999999999"}
    assert error_of(await ask(vies, **KNOWN, **requester)) == "INVALID_REQUESTER_INFO"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"countryCode": "AT"},
        {"countryCode": "GR", "vatNumber": "094259216"},  # Greek ids are asked about as EL
        {"countryCode": "AT", "vatNumber": "U 1358"},
        {"countryCode": 1, "vatNumber": "U13585627"},
    ],
)
async def test_a_question_that_cannot_be_one_is_refused(vies: Handle, question: dict[str, Any]) -> None:
    assert error_of(await ask(vies, **question)) == "INVALID_INPUT"


async def test_a_body_that_is_no_json_is_refused(vies: Handle) -> None:
    async with httpx.AsyncClient(base_url=vies.credentials["base_url"], trust_env=False) as http:
        response = await http.post(CHECK, content=b"{")
    assert (response.status_code, error_of(response)) == (400, "INVALID_INPUT")


async def test_one_member_state_is_silent_while_others_answer(vies: Handle) -> None:
    await vies.control.post("outages", {"state": "AT", "error": "MS_MAX_CONCURRENT_REQ"})
    assert error_of(await ask(vies, **KNOWN)) == "MS_MAX_CONCURRENT_REQ"
    assert (await ask(vies, countryCode="DE", vatNumber="136695976")).json()["valid"]
    await vies.control.post("outages", {"state": "AT", "error": None})
    assert (await ask(vies, **KNOWN)).json()["valid"]


async def test_vies_as_a_whole_is_silent(vies: Handle) -> None:
    await vies.control.post("outages")
    assert error_of(await ask(vies, countryCode="DE", vatNumber="136695976")) == "MS_UNAVAILABLE"


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_errors_come_with_the_status_that_is_set(vies: Handle, status: int) -> None:
    await vies.control.settings(error_status=status)
    await vies.control.post("outages")
    assert (await ask(vies, **KNOWN)).status_code == status


async def test_outages_by_chance_are_frequent_and_the_same_every_time() -> None:
    runs = []
    for _ in range(2):
        async with running_sandbox("vies") as sandbox:
            assert sandbox.vies.simulator.switches.outages == 0.25
            answers = [(await ask(sandbox.vies, **KNOWN)).json() for _ in range(40)]
            runs.append(["valid" in answer for answer in answers])
    assert runs[0] == runs[1]
    assert 4 <= runs[0].count(False) <= 20


async def test_questions_are_on_record(vies: Handle) -> None:
    await ask(vies, **KNOWN)
    questions = (await vies.control.state())["questions"]
    assert [(question["vatId"], question["error"]) for question in questions] == [("ATU13585627", None)]


async def test_the_register_outlives_the_process(tmp_path: Path) -> None:
    switches = {"vies": {"outages": 0}}
    async with running_sandbox("vies", data_dir=tmp_path, switches=switches) as sandbox:
        await sandbox.vies.control.post("ids", {"vat_id": "FR99999999999"})
    async with running_sandbox("vies", data_dir=tmp_path, switches=switches) as sandbox:
        assert (await ask(sandbox.vies, countryCode="FR", vatNumber="99999999999")).json()["valid"]


@pytest.mark.parametrize(
    ("path", "order"),
    [("ids", {}), ("ids", {"vat_id": 1}), ("outages", {"state": "GR"}), ("outages", {"state": 7})],
)
async def test_orders_that_make_no_sense_are_refused(vies: Handle, path: str, order: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="422"):
        await vies.control.post(path, order)


async def test_states_show_whether_they_answer(vies: Handle) -> None:
    await vies.control.post("outages", {"state": "IT"})
    async with httpx.AsyncClient(base_url=vies.credentials["base_url"], trust_env=False) as http:
        countries = (await http.get("/check-status")).json()["countries"]
    silent = [one["countryCode"] for one in countries if one["availability"] != "Available"]
    assert silent == ["IT"]
