"""A decision is shown in amounts, names and rules that are explained."""

import re
from typing import Any
from uuid import UUID

from common.db.models.books import BooksProfileRow, TimelineRow
from common.db.models.effects import AlarmRow
from common.domain.merchant import GOODS_CATEGORY
from common.domain.reasons import RULES
from factories.documents import decide_on, make_invoice
from factories.verdicts import booked
from integration.api.harness import Api
from integration.api.rows import NOW, alarm_row, timeline_row

AMOUNT = re.compile(r"-?\d+\.\d{2}")


def numbers(part: Any, name: str = "") -> list[str]:
    """Where numbers stand in an answer."""
    if isinstance(part, dict):
        return [found for key, inner in part.items() for found in numbers(inner, f"{name}.{key}")]
    if isinstance(part, list):
        return [found for inner in part for found in numbers(inner, name)]
    return [name] if isinstance(part, int | float) and not isinstance(part, bool) else []


async def booked_document(api: Api, tenant_id: UUID, **more: Any) -> Any:
    shop = UUID((await api.shop(tenant_id))["id"])
    decision = booked(decide_on(make_invoice()))
    outcome = {
        "status": "booked",
        "decision": decision.model_dump(mode="json"),
        "rules": list(decision.rules),
        "evidence": dict(decision.evidence),
        "voucher_id": "v-1",
        **more,
    }
    document_id = await api.document(tenant_id, shop, "1", outcome=outcome)
    return (await api.get(f"/api/v1/documents/{document_id}")).json()


async def read_books(api: Api, tenant_id: UUID) -> None:
    books = await api.books(tenant_id)
    category = {"id": GOODS_CATEGORY, "name": "Warenverkauf", "type": "income"}
    row = {"tenant_id": tenant_id, "connection_id": UUID(books["id"]), "profile": {"organization_id": "o"}}
    await api.add(BooksProfileRow, {**row, "categories": [category], "fetched_at": NOW})


async def test_amounts_of_a_decision_are_text_and_nothing_is_in_minor_units(api: Api) -> None:
    document = await booked_document(api, await api.tenant())
    decision = document["decision"]
    [line] = decision["lines"]
    amounts = (line["gross"], line["tax"], decision["gross_total"], decision["tax_total"])
    assert all(AMOUNT.fullmatch(amount) for amount in amounts)
    assert decision["gross_total"] == line["gross"]
    assert (decision["currency"], line["rate"]) == ("EUR", "19")
    assert set(numbers(document)) <= {".revision", ".file.size"}
    assert "minor" not in str(document)


async def test_amounts_in_evidence_history_and_alarms_are_text_too(api: Api) -> None:
    tenant_id = await api.tenant()
    einvoice = {
        "grand_total": {"minor": 11900, "currency": "EUR"},
        "parts": [{"minor": -5, "currency": "EUR"}],
    }
    document = await booked_document(api, tenant_id, evidence={"einvoice": einvoice})
    assert document["evidence"]["einvoice"] == {"grand_total": "119.00 EUR", "parts": ["-0.05 EUR"]}
    row = timeline_row(tenant_id, UUID(document["id"])) | {"details": {"ours": einvoice["grand_total"]}}
    await api.add(TimelineRow, row)
    shown = (await api.get(f"/api/v1/documents/{document['id']}")).json()
    assert shown["timeline"][-1]["details"] == {"ours": "119.00 EUR"}
    await api.add(AlarmRow, alarm_row(tenant_id, "A") | {"evidence": einvoice})
    [alarm] = (await api.get("/api/v1/alarms", tenant_id=tenant_id)).json()["items"]
    assert alarm["evidence"]["grand_total"] == "119.00 EUR"


async def test_categories_are_named_beside_their_ids_wherever_one_stands(api: Api) -> None:
    tenant_id = await api.tenant()
    await read_books(api, tenant_id)
    document = await booked_document(api, tenant_id)
    assert document["decision"]["lines"][0]["category_name"] == "Warenverkauf"
    assert document["categories"] == {GOODS_CATEGORY: "Warenverkauf"}
    shop = UUID((await api.shop(tenant_id, "ShopB"))["id"])
    parked = {"status": "parked", "reason": "category_not_income", "params": {"category_id": GOODS_CATEGORY}}
    document_id = await api.document(tenant_id, shop, "2", outcome=parked)
    document = (await api.get(f"/api/v1/documents/{document_id}")).json()
    assert (document["decision"], document["categories"]) == (None, {GOODS_CATEGORY: "Warenverkauf"})


async def test_before_the_books_were_read_a_category_has_no_name(api: Api) -> None:
    document = await booked_document(api, await api.tenant())
    assert document["decision"]["lines"][0] | {"category_name": None} == document["decision"]["lines"][0]
    assert document["categories"] == {}


async def test_every_rule_of_a_document_is_explained_in_both_languages(api: Api) -> None:
    document = await booked_document(api, await api.tenant())
    rules = {rule["code"]: rule for rule in (await api.get("/api/v1/reference/rules")).json()["items"]}
    assert set(rules) == set(RULES)
    assert document["rules"] and set(document["rules"]) <= set(rules)
    assert rules["park.not_euro"]["reason"] == "not_euro"
    assert (rules["domestic"]["text_de"], rules["domestic"]["text_en"]) == (
        "In Deutschland steuerbar, mit deutschen Steuersätzen.",
        "Taxable in Germany, at German rates.",
    )
