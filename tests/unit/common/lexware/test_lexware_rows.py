"""Whatever a field of a list's row turns into, no other row of the list is lost with it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from common.lexware.contact_wire import Contact
from common.lexware.countries import Country
from common.lexware.rows import Page, Rows, parse_object, parse_page, parse_rows
from common.lexware.wire import Category, Profile, Voucher, VoucherListRow, Wire
from sandbox.testing import RunningSandbox, running_sandbox

ABSENT = object()
SPOILT = {"null": None, "absent": ABSENT, "empty text": "", "empty list": [], "empty object": {}}
FOREIGN = {
    "text": "x\x00\ud800",
    "true": True,
    "number": 10**20,
    "list": [None],
    "early": "0001-01-01T00:00:00.000+14:00",
}
LISTS = "posting-categories", "countries"
CONTACT = {
    "roles": {"customer": {}},
    "company": {
        "name": "Moorbach GmbH",
        "vatRegistrationId": "ATU12345678",
        "allowTaxFreeInvoices": True,
        "contactPersons": [{"firstName": "Ada", "lastName": "Moor", "emailAddress": "ada@moor.example"}],
    },
    "addresses": {"billing": [{"street": "Ring 1", "zip": "1010", "city": "Wien", "countryCode": "AT"}]},
    "emailAddresses": {"business": ["post@moor.example"]},
    "note": "#0123456789abcdef",
}


@pytest.fixture(scope="module")
def shapes() -> dict[str, Any]:
    """One answer of each kind, as the simulated books give it."""
    return asyncio.run(_shapes())


async def _shapes() -> dict[str, Any]:
    calm = {"rate_limit": False, "read_lag": 0, "search_lag": 0}
    async with running_sandbox("lexware", switches={"lexware": calm}) as run:
        voucher_id = await _furnish(run)
        headers = {"Authorization": f"Bearer {run.lexware.credentials['api_key']}"}
        async with httpx.AsyncClient(base_url=run.lexware.base_url, headers=headers, trust_env=False) as http:
            wanted = {
                "voucherlist": "voucherlist?voucherType=any&voucherStatus=any",
                "contacts": "contacts",
                "voucher": f"vouchers/{voucher_id}",
                "profile": "profile",
                **{name: name for name in LISTS},
            }
            answers = {name: (await http.get(f"/v1/{path}")).json() for name, path in wanted.items()}
    return answers | {name: answers[name][:2] for name in LISTS}


async def _furnish(run: RunningSandbox) -> str:
    """Two vouchers and two customers; the id of a voucher."""
    await run.lexware.control.post("contacts", CONTACT)
    await run.lexware.control.post("contacts", {"person": {"firstName": "Jo", "lastName": "Muster"}})
    made = [await run.lexware.control.post("vouchers", {"voucherNumber": f"R-{one}"}) for one in (1, 2)]
    return str(made[0]["id"])


def ways(part: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document, inner ones too."""
    if way:
        yield way
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, inner in entries:
        yield from ways(inner, (*way, name))


def spoilt(document: Any, way: tuple[Any, ...], value: Any) -> bytes:
    """The document with another value at that place."""
    copy = json.loads(json.dumps(document))
    holder = copy
    for name in way[:-1]:
        holder = holder[name]
    if value is not ABSENT:
        holder[way[-1]] = value
    elif isinstance(holder, dict):
        del holder[way[-1]]
    return json.dumps(copy).encode()


@pytest.mark.parametrize("value", [*SPOILT, *FOREIGN])
@pytest.mark.parametrize(("name", "model"), [("voucherlist", VoucherListRow), ("contacts", Contact)])
def test_spoilt_field_of_a_page_costs_its_own_row_at_most(
    shapes: dict[str, Any], name: str, model: type[Wire], value: str
) -> None:
    page, bad = shapes[name], {**SPOILT, **FOREIGN}[value]
    untouched = page["content"][1]["id"]
    tried = 0
    for way in ways(page["content"][0]):
        read: Page[Any] = parse_page(model, spoilt(page, ("content", 0, *way), bad), 25)
        assert untouched in [row.id for row in read.content], way
        assert len(read.content) == 2 or read.rows.lost, way
        tried += 1
    assert tried >= 12


@pytest.mark.parametrize("value", SPOILT)
def test_page_that_does_not_tell_where_it_stands_is_read_all_the_same(
    shapes: dict[str, Any], value: str
) -> None:
    page = shapes["voucherlist"]
    for name in page.keys() - {"content"}:
        read = parse_page(VoucherListRow, spoilt(page, (name,), SPOILT[value]), 25)
        assert (len(read.content), read.last) == (2, True), name


@pytest.mark.parametrize("value", [*SPOILT, *FOREIGN])
@pytest.mark.parametrize(("name", "model"), [("posting-categories", Category), ("countries", Country)])
def test_spoilt_field_of_a_bare_list_costs_its_own_row_at_most(
    shapes: dict[str, Any], name: str, model: type[Wire], value: str
) -> None:
    rows, bad = shapes[name], {**SPOILT, **FOREIGN}[value]
    whole = parse_rows(model, json.dumps(rows).encode()).fit[1]
    for way in ways(rows[0]):
        read: Rows[Any] = parse_rows(model, spoilt(rows, (0, *way), bad))
        assert whole in read.fit, way
        assert len(read.fit) == 2 or read.lost, way


@pytest.mark.parametrize("value", SPOILT)
def test_profile_is_read_without_what_no_decision_depends_on(shapes: dict[str, Any], value: str) -> None:
    needed = {"organizationId", "taxType", "smallBusiness", "businessFeatures"}
    for way in ways(shapes["profile"]):
        if way[0] not in needed:
            read, _ = parse_object(Profile, spoilt(shapes["profile"], way, SPOILT[value]))
            assert read.organization_id == shapes["profile"]["organizationId"], way


@pytest.mark.parametrize("value", SPOILT)
def test_voucher_is_read_without_what_does_not_tell_whose_it_is(shapes: dict[str, Any], value: str) -> None:
    needed = {"id", "type", "voucherStatus", "voucherNumber", "remark", "files"}
    for way in ways(shapes["voucher"]):
        if way[0] not in needed:
            read, _ = parse_object(Voucher, spoilt(shapes["voucher"], way, SPOILT[value]))
            assert read.voucher_number == "R-1", way


def test_what_is_told_of_an_unfit_row_names_it_and_its_fields_and_holds_no_content() -> None:
    rows = [{"id": "a", "voucherDate": "geheim"}, {"voucherNumber": "geheim"}, "geheim"]
    read = parse_rows(VoucherListRow, json.dumps(rows).encode())
    assert [(row.key, row.fields, row.is_lost) for row in read.unfit] == [
        ("a", ("voucherDate",), False),
        ("without id", ("id",), True),
        ("without id", (), True),
    ]
    assert [row.voucher_on for row in read.fit] == [None]


def test_contact_whose_address_cannot_be_read_is_not_taken_for_one_without() -> None:
    rows = [{"id": "a", "person": {"lastName": "Muster"}, "addresses": "?"}]
    read = parse_rows(Contact, json.dumps(rows).encode())
    assert (read.fit, read.lost) == ((), True)
