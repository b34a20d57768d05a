"""VIES as a checker of VAT ids: answers, silence and nonsense, and which of them says something."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.errors import ConnectorError, TransientError
from common.http.errors import RateLimited, ServerTrouble, Unreachable, UnreadableAnswer
from common.http.transport import Network
from common.settings import ViesSettings
from common.vat.form import WireVatId, to_wire
from common.vat.vies import LARGEST_PROOF, ViesBlocked, ViesChecker, ViesSilent

AUSTRIAN = "ATU13585627"
GERMAN = "DE136695976"
VALID: dict[str, Any] = {
    "countryCode": "AT",
    "vatNumber": "U13585627",
    "requestDate": "2025-03-04T09:00:00.000Z",
    "valid": True,
    "requestIdentifier": "WAPIAAAAZ1234567",
    "name": "Firma",
}
Player = Callable[[httpx.Request], httpx.Response]


def checker(player: Player) -> ViesChecker:
    """A checker whose VIES answers like this."""
    return ViesChecker(
        Network(transport=httpx.MockTransport(player)), ViesSettings(api_url="http://vies/rest")
    )


def answering(status: int, body: object, **headers: str) -> Player:
    """A VIES that always answers the same."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request: httpx.Response(status, content=content, headers=headers)


def silent(error: str) -> dict[str, Any]:
    """The body that carries an error code."""
    return {"actionSucceed": False, "errorWrappers": [{"error": error}]}


@pytest.mark.parametrize(
    ("vat_id", "parts"),
    [
        ("ATU13585627", ("AT", "U13585627")),
        (" at u1358 5627", ("AT", "U13585627")),
        ("GR094259216", ("EL", "094259216")),
        ("EL094259216", ("EL", "094259216")),
        ("XI110305878", ("XI", "110305878")),
        ("ATU13585628", None),  # check digit
        ("CHE100155212", None),
        ("XX123456789", None),
        ("AT", None),
        ("", None),
        ("FR\x0040303265045", None),
        ("٣٣٣٣٣٣٣٣٣", None),
    ],
)
def test_only_well_formed_ids_of_member_states_are_asked_about(
    vat_id: str, parts: tuple[str, str] | None
) -> None:
    assert to_wire(vat_id) == (None if parts is None else WireVatId(*parts))


async def test_r27_a_valid_id_comes_with_its_reference_and_the_bytes_that_prove_it() -> None:
    answer = await checker(answering(200, VALID)).check(AUSTRIAN)
    assert (answer.is_valid, answer.request_id, answer.source) == (True, "WAPIAAAAZ1234567", "vies")
    assert json.loads(answer.proof) == VALID


async def test_r27_an_id_that_is_not_in_use_is_invalid() -> None:
    answer = await checker(answering(200, VALID | {"valid": False, "requestIdentifier": ""})).check(AUSTRIAN)
    assert (answer.is_valid, answer.request_id) == (False, None)
    assert answer.proof


async def test_an_id_of_wrong_form_is_invalid_without_a_question() -> None:
    def unreached(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nobody should be asked")

    answer = await checker(unreached).check("ATU13585628")
    assert (answer.is_valid, answer.source, answer.proof) == (False, "form", b"")


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_input_that_vies_refuses_is_invalid_with_its_words_as_proof(status: int) -> None:
    answer = await checker(answering(status, silent("INVALID_INPUT"))).check(AUSTRIAN)
    assert (answer.is_valid, json.loads(answer.proof)) == (False, silent("INVALID_INPUT"))


@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize(
    "error",
    [
        "MS_UNAVAILABLE",
        "MS_MAX_CONCURRENT_REQ",
        "MS_MAX_CONCURRENT_REQ_TIME",
        "GLOBAL_MAX_CONCURRENT_REQ",
        "SERVICE_UNAVAILABLE",
        "TIMEOUT",
        "A_NEW_ONE",
    ],
)
async def test_r27_an_outage_says_nothing_about_the_id(status: int, error: str) -> None:
    with pytest.raises(ViesSilent) as caught:
        await checker(answering(status, silent(error))).check(AUSTRIAN)
    assert caught.value.error == error


async def test_an_outage_beside_a_negative_answer_counts_as_an_outage() -> None:
    body = VALID | {"valid": False, "userError": "MS_UNAVAILABLE"}
    with pytest.raises(ViesSilent):
        await checker(answering(200, body)).check(AUSTRIAN)


@pytest.mark.parametrize("user_error", ["VALID", "INVALID", "", None])
async def test_a_user_error_that_is_none_leaves_the_answer(user_error: str | None) -> None:
    answer = await checker(answering(200, VALID | {"userError": user_error})).check(AUSTRIAN)
    assert answer.is_valid


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (200, b"", UnreadableAnswer),
        (200, b"<html>maintenance</html>", UnreadableAnswer),
        (200, b'{"valid": true', UnreadableAnswer),
        (200, b"[" * 100_000, UnreadableAnswer),
        (200, [], UnreadableAnswer),
        (200, {}, UnreadableAnswer),
        (200, VALID | {"valid": "true"}, UnreadableAnswer),
        (200, VALID | {"valid": None}, UnreadableAnswer),
        (200, VALID | {"vatNumber": "U99999999"}, UnreadableAnswer),
        (200, VALID | {"countryCode": "DE"}, UnreadableAnswer),
        (200, VALID | {"name": "x" * LARGEST_PROOF}, UnreadableAnswer),
        (200, {"actionSucceed": False, "errorWrappers": []}, ViesSilent),
        (500, b"<html>", ServerTrouble),
        (503, VALID, ServerTrouble),
        (504, b"", ServerTrouble),
        (429, b"", RateLimited),
        (302, b"", TransientError),
        (400, b"<html>proxy</html>", ServerTrouble),
        (401, b"", ServerTrouble),
        (403, b"", ServerTrouble),
        (403, b'{"success": false, "error": "blocked"}', ServerTrouble),
        (404, b"<html>moved</html>", ServerTrouble),
        (404, VALID, ServerTrouble),
        (200, silent("IP_BLOCKED"), ViesBlocked),
        (200, silent("VAT_BLOCKED"), ViesBlocked),
    ],
)
async def test_nothing_but_a_readable_answer_to_the_question_counts(
    status: int, body: object, family: type[ConnectorError]
) -> None:
    with pytest.raises(family):
        await checker(answering(status, body)).check(AUSTRIAN)


async def test_a_lost_connection_may_be_asked_over_again() -> None:
    def dropped(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    with pytest.raises(Unreachable):
        await checker(dropped).check(AUSTRIAN)


async def test_the_merchant_is_named_as_the_one_who_asks() -> None:
    questions: list[Any] = []

    def noted(request: httpx.Request) -> httpx.Response:
        questions.append(json.loads(request.content))
        return httpx.Response(200, json=VALID)

    await checker(noted).check(AUSTRIAN, asked_by=GERMAN)
    assert questions == [
        {
            "countryCode": "AT",
            "vatNumber": "U13585627",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]


async def test_an_id_of_the_merchant_that_vies_refuses_does_not_keep_the_buyers_from_being_checked() -> None:
    def choosy(request: httpx.Request) -> httpx.Response:
        if b"requesterNumber" in request.content:
            return httpx.Response(400, json=silent("INVALID_REQUESTER_INFO"))
        return httpx.Response(200, json=VALID | {"requestIdentifier": ""})

    answer = await checker(choosy).check(AUSTRIAN, asked_by=GERMAN)
    assert (answer.is_valid, answer.request_id) == (True, None)


async def test_silence_names_when_to_ask_again() -> None:
    player = answering(503, silent("SERVICE_UNAVAILABLE"), **{"Retry-After": "77"})
    with pytest.raises(ViesSilent) as caught:
        await checker(player).check(AUSTRIAN)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 77
