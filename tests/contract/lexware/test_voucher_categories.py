"""Which categories, tax rates and contacts go together in a voucher."""

from typing import Any

import pytest

from contract.lexware.office import GOODS, PERSON, ROUNDING, Office, contact, item, simple, voucher

INTRA = "9075a4e3-66de-4795-a016-3889feca0d20"
SERVICES_ABROAD = "ef5b1a6e-f690-4004-9a19-91276348894f"
EXPORT = "93d24c20-ea84-424e-a731-5e1b78d1e6a9"
OSS = "4ebd965a-7126-416c-9d8c-a5c9366ee473"
ORIGIN = "7c112b66-0565-479c-bc18-5845e080880a"
SUNDRY_COST = "16d04a28-fd91-11e1-a21f-0800200c9a66"


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (simple("119", "19", "19", SUNDRY_COST), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("119", "19", "19", "no-such-id"), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("120", "20", "20"), ("invalid_value", "voucherItems[0].taxRatePercent")),
        (simple("119", "19", "19", ROUNDING), ("invalid_value", "voucherItems[0].taxRatePercent")),
        (simple("100", "0", "0", INTRA), ("Missing_ContactId", "contactId")),
        (simple("119", "19", "19", ORIGIN), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("120", "20", "20", OSS), ("invalid_value", "voucherItems[0].categoryId")),
        (simple("119", "19", "19", type="purchaseinvoice"), ("invalid_value", "voucherItems[0].categoryId")),
        (
            simple("119", "19", "19", SUNDRY_COST, type="purchaseinvoice", shippingDate="2026-03-02"),
            ("invalid_value", "shippingDate"),
        ),
    ],
)
async def test_a_category_is_held_to_its_rules(
    office: Office, body: dict[str, Any], issue: tuple[str, str]
) -> None:
    assert issue in await office.issues(body)


async def test_a_purchase_voucher_takes_cost_categories(office: Office) -> None:
    await office.created(simple("119", "19", "19", SUNDRY_COST, type="purchaseinvoice"))


async def test_a_credit_note_is_positive_and_uses_the_same_categories(office: Office) -> None:
    await office.created(simple("21.40", "1.40", "7", type="salescreditnote"))


async def test_distance_sales_follow_the_principle_of_the_organization(office: Office) -> None:
    organization = await office.control.post("organizations", {"distanceSalesPrinciple": "DESTINATION"})
    oss = office.with_token(organization["api_key"])
    contact_id = await oss.created(contact(), "contacts")
    real = {"useCollectiveContact": None, "contactId": contact_id}
    await oss.created(simple("120", "20", "20", OSS, **real))
    german = [item("119", "19", "19", OSS), item("119", "19", "19", GOODS)]
    mixed = voucher(totalGrossAmount=238, totalTaxAmount=38, voucherItems=german, **real)
    assert ("invalid_value", "voucherItems") in await oss.issues(mixed)
    assert ("invalid_value", "voucherItems[0].categoryId") in await oss.issues(
        simple("119", "19", "19", ORIGIN, **real)
    )
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await oss.issues(
        simple("126", "26", "26", OSS, **real)
    )
    await oss.http.aclose()


async def test_a_small_business_cannot_book_tax(office: Office) -> None:
    organization = await office.control.post("organizations", {"smallBusiness": True})
    small = office.with_token(organization["api_key"])
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await small.issues(
        simple("119", "19", "19")
    )
    await small.created(simple("119", "0", "0", "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"))
    await small.http.aclose()


async def test_a_category_without_split_takes_one_rate_only(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    items = [item("100", "0", "0", EXPORT), item("119", "19", "19", GOODS)]
    body = voucher(
        totalGrossAmount=219,
        totalTaxAmount=19,
        voucherItems=items,
        useCollectiveContact=None,
        contactId=contact_id,
    )
    assert ("invalid_value", "voucherItems[0].taxRatePercent") in await office.issues(body)


async def test_services_abroad_need_a_company(office: Office) -> None:
    person_id = await office.created(contact(company=None, person=PERSON), "contacts")
    company_id = await office.created(contact(), "contacts")
    body = simple("100", "0", "0", SERVICES_ABROAD, useCollectiveContact=None)
    key = "individual_person_not_applicable_service_third_party"
    assert (key, "contactId") in await office.issues({**body, "contactId": person_id})
    await office.created({**body, "contactId": company_id})


async def test_intra_community_supply_needs_a_vat_id_and_leave_for_tax_free_invoices(office: Office) -> None:
    plain_id = await office.created(contact(company={"name": "Ohne Nummer"}), "contacts")
    body = simple("100", "0", "0", INTRA, useCollectiveContact=None)
    issues = await office.issues({**body, "contactId": plain_id})
    assert ("missing_entity", "company.vatRegistrationId") in issues
    assert ("invalid_value", "company.allowTaxFreeInvoices") in issues
    await office.created({**body, "contactId": await office.created(contact(), "contacts")})


async def test_a_real_contact_must_be_a_customer_of_this_organization(office: Office) -> None:
    vendor_id = await office.created(contact(roles={"vendor": {}}), "contacts")
    for contact_id in (vendor_id, "0b6f3f6e-0000-4000-8000-00000000a001"):
        body = voucher(useCollectiveContact=None, contactId=contact_id)
        assert await office.issues(body) == {("invalid_value", "contactId")}


async def test_a_name_beside_a_real_contact_is_refused_and_the_contacts_own_is_shown(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    body = voucher(useCollectiveContact=None, contactId=contact_id)
    key = "custom_contact_name_for_referenced_contact_not_allowed"
    assert await office.issues({**body, "contactName": "Wer anders"}) == {(key, "contactName")}
    read = await office.read(f"/v1/vouchers/{await office.created(body)}")
    assert read["contactName"] == "Moorbach & Söhne GmbH"
    assert (read["contactId"], read["useCollectiveContact"]) == (contact_id, False)


async def test_the_collective_contact_wins_over_a_contact_id(office: Office) -> None:
    voucher_id = await office.created(voucher(contactId="no-such-contact", contactName="Anna Beispiel"))
    read = await office.read(f"/v1/vouchers/{voucher_id}")
    assert "contactId" not in read
    assert read["contactName"] == "Anna Beispiel"
