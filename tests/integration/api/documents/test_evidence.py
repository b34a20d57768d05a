"""What a decision was based on, as it was received: the e-invoice in a PDF, answers about a VAT id."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from common.db.models.vat import VatAnswerRow
from integration.api.harness import Api, Tenant
from integration.api.rows import NOW, vat_answer_row, vat_check_of

PATH = "/api/v1/documents"


@pytest.fixture
async def plain(api: Api) -> tuple[UUID, UUID]:
    """Tenant and connection without any document."""
    tenant_id = await api.tenant()
    return tenant_id, UUID((await api.shop(tenant_id))["id"])


async def checked(api: Api, of: tuple[UUID, UUID], number: str = "R-1", **outcome: Any) -> str:
    """The address of the check of a new document, which stands as `outcome` says."""
    identity = await api.document(*of, number, outcome={"status": "booked", **outcome})
    return f"{PATH}/{identity}/vat-check"


async def test_the_einvoice_comes_bit_for_bit_and_is_never_shown_in_place(
    api: Api, populated: list[Tenant]
) -> None:
    beta = populated[1]
    answer = await api.get(f"{PATH}/{beta.document_id}/e-invoice", beta.adviser)
    assert answer.content == b"<xml>of Beta</xml>"
    assert answer.headers["content-type"] == "application/xml"
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice-Beta-1.xml"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    details = (await api.get(f"{PATH}/{beta.document_id}", beta.adviser)).json()
    assert details["file"]["einvoice_sha256"] == hashlib.sha256(answer.content).hexdigest()


@pytest.mark.parametrize("file", ["", "%PDF without one"])
async def test_a_file_without_einvoice_is_a_problem(api: Api, plain: tuple[UUID, UUID], file: str) -> None:
    identity = await api.document(*plain, "R-1", file=file)
    answer = await api.get(f"{PATH}/{identity}/e-invoice")
    assert (answer.status_code, answer.json()["code"]) == (404, "einvoice_not_stored")
    assert (await api.get(f"{PATH}/{identity}")).json()["file"]["einvoice_sha256"] is None


async def test_the_check_a_decision_used_is_shown_with_every_answer_kept(
    api: Api, populated: list[Tenant]
) -> None:
    alpha = populated[0]
    later = {"created_at": NOW + timedelta(days=2), "result": "invalid", "request_id": None, "proof": b"{}"}
    await api.add(VatAnswerRow, vat_answer_row(alpha.tenant_id, "Alpha", **later))
    await api.add(VatAnswerRow, vat_answer_row(alpha.tenant_id, "Alpha", vat_id="ATU00000000"))
    check = (await api.get(f"{PATH}/{alpha.document_id}/vat-check", alpha.adviser)).json()
    answers = check.pop("answers")
    assert check == {
        "vat_id": "ATU13585627",
        "result": "valid",
        "checked_at": "2026-03-02T09:15:00Z",
        "source": "vies",
        "request_id": "WAPI-Alpha",
    }
    assert [(one["result"], one["request_id"], one["decisive"]) for one in answers] == [
        ("invalid", None, False),
        ("valid", "WAPI-Alpha", True),
    ]
    proof = await api.get(f"{PATH}/{alpha.document_id}/vat-check/proof", alpha.adviser)
    assert answers[1]["sha256"] == hashlib.sha256(proof.content).hexdigest()
    assert (answers[1]["size"], answers[1]["asked_by"]) == (len(proof.content), "DE136695976")


async def test_the_proof_is_the_answer_the_decision_used_bit_for_bit(
    api: Api, populated: list[Tenant]
) -> None:
    alpha = populated[0]
    for moment in (NOW - timedelta(days=1), NOW + timedelta(days=1)):
        other = vat_answer_row(alpha.tenant_id, "Alpha", created_at=moment, proof=b'{"another": true}')
        await api.add(VatAnswerRow, other)
    answer = await api.get(f"{PATH}/{alpha.document_id}/vat-check/proof", alpha.adviser)
    assert orjson.loads(answer.content) == {"valid": True, "requestIdentifier": "WAPI-Alpha"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="vat-check-ATU13585627.json"'
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_document_that_waits_for_its_check_shows_what_is_known(
    api: Api, plain: tuple[UUID, UUID]
) -> None:
    asked = {"vat_id": "ATU13585627"}
    path = await checked(api, plain, status="waiting", reason="vat_check_pending", params=asked)
    await api.add(VatAnswerRow, vat_answer_row(plain[0], "x", result="invalid"))
    check = (await api.get(path)).json()
    assert (check["vat_id"], check["result"], check["checked_at"]) == ("ATU13585627", "pending", None)
    assert [(one["result"], one["decisive"]) for one in check["answers"]] == [("invalid", False)]
    answer = await api.get(f"{path}/proof")
    assert (answer.status_code, answer.json()["code"]) == (404, "vat_proof_not_stored")


async def test_silence_of_the_authority_is_shown_and_proves_nothing(
    api: Api, plain: tuple[UUID, UUID]
) -> None:
    silence = {**vat_check_of("x"), "result": "unavailable", "request_id": None}
    path = await checked(api, plain, status="parked", evidence={"vat_check": silence})
    await api.add(VatAnswerRow, vat_answer_row(plain[0], "x"))
    assert (await api.get(path)).json()["result"] == "unavailable"
    assert (await api.get(f"{path}/proof")).status_code == 404


async def test_an_id_of_wrong_form_was_answered_without_a_proof(api: Api, plain: tuple[UUID, UUID]) -> None:
    formal = {**vat_check_of("x"), "result": "invalid", "source": "form", "request_id": None}
    path = await checked(api, plain, status="parked", evidence={"vat_check": formal})
    formal_answer = {"source": "form", "result": "invalid", "request_id": None, "proof": b""}
    await api.add(VatAnswerRow, vat_answer_row(plain[0], "x", **formal_answer))
    assert (await api.get(path)).json()["answers"][0]["size"] == 0
    assert (await api.get(f"{path}/proof")).json()["code"] == "vat_proof_not_stored"


async def test_a_document_that_depends_on_no_check_has_none(api: Api, plain: tuple[UUID, UUID]) -> None:
    for path in (await checked(api, plain), f"{PATH}/{await api.document(*plain, 'R-2')}/vat-check"):
        for address in (path, f"{path}/proof"):
            answer = await api.get(address)
            assert (answer.status_code, answer.json()["code"]) == (404, "vat_id_not_checked")


async def test_answers_given_to_another_merchant_are_not_shown(api: Api, populated: list[Tenant]) -> None:
    alpha, beta = populated
    for tenant, other in ((alpha, "Beta"), (beta, "Alpha")):
        for path in ("vat-check", "vat-check/proof", "e-invoice"):
            answer = await api.get(f"{PATH}/{tenant.document_id}/{path}", tenant.adviser)
            assert answer.status_code == 200
            assert other not in answer.text
        theirs = beta if tenant is alpha else alpha
        answer = await api.get(f"{PATH}/{theirs.document_id}/vat-check/proof", tenant.adviser)
        assert answer.status_code == 404


async def test_a_proof_that_was_changed_is_not_served(api: Api, plain: tuple[UUID, UUID]) -> None:
    path = await checked(api, plain, evidence={"vat_check": vat_check_of("x")})
    await api.add(VatAnswerRow, vat_answer_row(plain[0], "x", sha256="0" * 64))
    answer = await api.get(f"{path}/proof")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_an_unknown_document_has_no_evidence(api: Api) -> None:
    for path in ("vat-check", "vat-check/proof", "e-invoice"):
        answer = await api.get(f"{PATH}/{uuid4()}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
