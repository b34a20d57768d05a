"""A contact that fits but for `allowTaxFreeInvoices` is ticked and used; nothing else of it changes (R27)."""

from copy import deepcopy
from typing import Any

import pytest

from common.lexware.errors import DeniedForNow
from factories.customers import make_company, make_customer
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer

GET, UPDATE, CREATE = "GET /v1/contacts/{id}", "PUT /v1/contacts/{id}", "POST /v1/contacts"
BY_HAND: dict[str, Any] = {
    "roles": {"customer": {}, "vendor": {}},
    "company": {
        "name": "Ringtal Handel",
        "taxNumber": "12/345/67890",
        "vatRegistrationId": "ATU12345678",
        "contactPersons": [
            {
                "salutation": "Frau",
                "firstName": "Ina",
                "lastName": "Kern",
                "emailAddress": "",
                "primary": True,
            }
        ],
    },
    "addresses": {
        "billing": [
            {"supplement": "Hof", "street": "Weg 1", "zip": "1010", "city": "Wien", "countryCode": "AT"}
        ],
        "shipping": [{"street": "Lager 2", "zip": "1020", "city": "Wien", "countryCode": "AT"}],
    },
    "xRechnung": {"buyerReference": "04011", "vendorNumberAtCustomer": "70123"},
    "emailAddresses": {"office": ["einkauf@ringtal.example"]},
    "phoneNumbers": {"mobile": ["+43 660 1234567"]},
    "note": "zahlt spät",
}


@pytest.fixture
async def process(writer: Writer) -> Process:
    await writer.lexware.control.settings(read_lag=0)
    return Process(writer, writer.db)


async def contact_of(writer: Writer, contact_id: str) -> dict[str, Any]:
    (found,) = [contact for contact in await writer.customers() if contact["id"] == contact_id]
    return found


async def test_a_contact_made_by_hand_is_ticked_and_every_other_field_stays(
    writer: Writer, process: Process
) -> None:
    there = await writer.add_contact(**BY_HAND)
    before = await contact_of(writer, there)
    assert await process.ready(make_company(), tax_free=True) == there
    after = await contact_of(writer, there)
    expected = deepcopy(before)
    expected["company"]["allowTaxFreeInvoices"] = True
    expected["version"] += 1
    assert after == expected
    assert len(await writer.customers()) == 1


async def test_a_ticked_contact_costs_no_further_request(writer: Writer, process: Process) -> None:
    there = await writer.add_contact(**BY_HAND)
    for _ in range(3):
        assert await process.ready(make_company(), tax_free=True) == there
    requests = await writer.requests()
    assert (requests[GET], requests[UPDATE]) == (1, 1)
    assert CREATE not in requests


async def test_a_taxed_sale_ticks_nothing(writer: Writer, process: Process) -> None:
    there = await writer.add_contact(**BY_HAND)
    assert await process.ready(make_company()) == there
    assert "allowTaxFreeInvoices" not in (await contact_of(writer, there))["company"]


async def test_our_own_contact_is_ticked_and_still_follows_the_shop(writer: Writer, process: Process) -> None:
    taxed = await process.ready(make_company())
    assert await process.ready(make_company(), tax_free=True) == taxed
    moved = make_company(city="Graz", vat_id="ATU12345678")
    assert await process.ready(moved, tax_free=True, update=True) == taxed
    contact = await contact_of(writer, taxed)
    assert contact["addresses"]["billing"][0]["city"] == "Graz"
    assert contact["company"]["allowTaxFreeInvoices"] is True


@pytest.mark.parametrize("status", [409, 406])
async def test_a_contact_changed_meanwhile_is_read_again(
    writer: Writer, process: Process, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.lexware.control.settings(contact_conflict_status=status)
    there = await writer.add_contact(**BY_HAND)
    need = await process.need(make_company(), tax_free=True)
    read, edits = need.client.contacts.get_whole, ["neu"]

    async def edited(contact_id: str) -> dict[str, Any]:
        whole = await read(contact_id)
        if edits:
            await writer.lexware.control.post(f"contacts/{there}", {"note": edits.pop()})
        return whole

    monkeypatch.setattr(need.client.contacts, "get_whole", edited)
    await process.run_until_decided(need)
    contact = await contact_of(writer, there)
    assert (contact["note"], contact["company"]["allowTaxFreeInvoices"]) == ("neu", True)
    assert (await writer.requests())[UPDATE] == 2


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit"])
async def test_a_lost_answer_is_settled_by_reading_again(
    writer: Writer, process: Process, fault: str
) -> None:
    there = await writer.add_contact(**BY_HAND)
    await writer.lexware.control.fault("PUT", "/v1/contacts/*", fault)
    assert await process.ready(make_company(), tax_free=True) == there
    assert (await contact_of(writer, there))["company"]["allowTaxFreeInvoices"] is True
    assert len(await writer.customers()) == 1


async def test_a_contact_that_only_a_person_can_save_gets_one_of_ours_beside_it(
    writer: Writer, process: Process
) -> None:
    two = {**BY_HAND, "phoneNumbers": {"business": ["0431 1", "0431 2"]}}
    there = await writer.add_contact(**two)
    ours = await process.ready(make_company(), tax_free=True)
    assert ours != there
    assert (await contact_of(writer, ours))["company"]["allowTaxFreeInvoices"] is True
    assert await process.ready(make_company(), tax_free=True) == ours


async def test_a_contact_the_books_no_longer_take_back_gets_one_of_ours_beside_it(
    writer: Writer, process: Process
) -> None:
    long = {**BY_HAND, "phoneNumbers": {"business": ["0431 123456 nur vormittags anrufen"]}}
    there = await writer.add_contact(**long)
    assert await process.ready(make_company(), tax_free=True) != there


async def test_a_contact_archived_since_it_was_listed_is_replaced(writer: Writer, process: Process) -> None:
    there = await writer.add_contact(**BY_HAND)
    assert await process.ready(make_company()) == there
    await writer.lexware.control.post(f"contacts/{there}", {"archived": True})
    assert await process.ready(make_company(), tax_free=True) != there


async def test_a_contact_with_another_or_without_the_vat_id_is_not_ticked(
    writer: Writer, process: Process
) -> None:
    without = {"name": "Ringtal Handel"}
    there = await writer.add_contact(**{**BY_HAND, "company": without})
    assert await process.ready(make_company(), tax_free=True) != there
    assert "allowTaxFreeInvoices" not in (await contact_of(writer, there))["company"]


async def test_a_right_that_is_missing_is_said(writer: Writer, process: Process) -> None:
    await writer.add_contact(**BY_HAND)
    await writer.lexware.control.fault("PUT", "/v1/contacts/*", "forbidden")
    with pytest.raises(DeniedForNow):
        await process.run_until_decided(await process.need(make_company(), tax_free=True))


async def test_a_person_is_never_ticked(writer: Writer, process: Process) -> None:
    first = await process.ready(make_customer())
    assert await process.ready(make_customer(), tax_free=True) == first
    assert UPDATE not in await writer.requests()
