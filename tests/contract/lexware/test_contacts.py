"""Contacts: required parts, lists of one, filters with wildcards, versions."""

from typing import Any

import pytest

from contract.lexware.office import PERSON, Office, contact, issues_of


async def test_a_created_contact_is_answered_with_200_and_gets_a_number(office: Office) -> None:
    response = await office.post("/v1/contacts", contact())
    assert response.status_code == 200
    read = await office.read(f"/v1/contacts/{response.json()['id']}")
    assert read["roles"] == {"customer": {"number": 10002}}
    assert read["company"]["contactPersons"][0]["primary"] is False
    assert read["archived"] is False
    assert "createdDate" not in read


async def test_equal_contacts_are_two_contacts(office: Office) -> None:
    first, second = await office.created(contact(), "contacts"), await office.created(contact(), "contacts")
    assert first != second


@pytest.mark.parametrize(
    ("changes", "issue"),
    [
        ({"version": None}, ("missing_entity", "version")),
        ({"version": 1}, ("invalid_value", "version")),
        ({"roles": None}, ("missing_entity", "roles.customer or roles.vendor")),
        ({"roles": {}}, ("missing_entity", "roles.customer or roles.vendor")),
        ({"company": None}, ("missing_entity", "company or person")),
        ({"person": PERSON}, ("invalid_value", "company and person")),
        ({"company": {}}, ("missing_entity", "company.name")),
        (
            {"company": {"name": "X", "vatRegistrationId": "12345"}},
            ("regex_mismatch", "company.vatRegistrationId"),
        ),
        (
            {"company": {"name": "X", "contactPersons": [{}]}},
            ("missing_entity", "company.contactPersons[0].lastName"),
        ),
        (
            {"company": {"name": "X", "contactPersons": [{"lastName": "A"}, {"lastName": "B"}]}},
            ("invalid_value", "company.contactPersons.size"),
        ),
        ({"company": None, "person": {"firstName": "Nur"}}, ("missing_entity", "person.lastName")),
        (
            {"company": None, "person": {"lastName": "A", "salutation": "x" * 26}},
            ("invalid_value", "person.salutation"),
        ),
        (
            {"addresses": {"billing": [{"city": "Wien"}]}},
            ("missing_entity", "addresses.billing[0].countryCode"),
        ),
        (
            {"addresses": {"billing": [{"countryCode": "ZZ"}]}},
            ("countrycode_is_not_valid", "addresses.billing[0].countryCode"),
        ),
        (
            {"addresses": {"shipping": [{"countryCode": "DE"}, {"countryCode": "DE"}]}},
            ("invalid_value", "addresses.shipping.size"),
        ),
        ({"emailAddresses": {"business": ["no mail"]}}, ("invalid_value", "emailAddresses[0].emailAddress")),
        (
            {"emailAddresses": {"private": ["a@b.example", "c@d.example"]}},
            ("invalid_value", "emailAddresses.private.size"),
        ),
        ({"phoneNumbers": {"fax": ["1", "2"]}}, ("invalid_value", "phoneNumbers.fax.size")),
        ({"xRechnung": {"buyerReference": "04011"}}, ("missing_entity", "xRechnung")),
        ({"note": "x" * 1001}, ("invalid_value", "note")),
    ],
)
async def test_an_unusable_contact_is_refused(
    office: Office, changes: dict[str, Any], issue: tuple[str, str]
) -> None:
    assert issue in await office.issues(contact(**changes), "contacts")


@pytest.mark.parametrize("number", ["0" * 31, "0431 123456 abends", "0431.123456"])
async def test_a_phone_number_too_long_or_with_letters_is_refused_unless_switched_off(
    office: Office, number: str
) -> None:
    numbers = {"phoneNumbers": {"business": [number]}}
    issue = ("invalid_size", "phoneNumbers[0].phoneNumber")
    assert issue in await office.issues(contact(**numbers), "contacts")
    person = {"name": "X", "contactPersons": [{"lastName": "A", "phoneNumber": number}]}
    assert issue in await office.issues(contact(company=person), "contacts")
    await office.control.settings(check_phones=False)
    await office.created(contact(**numbers), "contacts")


async def test_a_vat_id_in_lower_case_is_taken_and_given_back_in_upper_case(office: Office) -> None:
    company = {"name": "X", "vatRegistrationId": "atu12345678"}
    contact_id = await office.created(contact(company=company), "contacts")
    read = await office.read(f"/v1/contacts/{contact_id}")
    assert read["company"]["vatRegistrationId"] == "ATU12345678"


async def test_an_empty_email_of_a_contact_person_is_taken(office: Office) -> None:
    company = {"name": "X", "contactPersons": [{"lastName": "A", "emailAddress": ""}]}
    await office.created(contact(company=company), "contacts")


async def test_an_email_with_umlauts_in_its_domain_is_taken(office: Office) -> None:
    emails = {"emailAddresses": {"business": ["info@bücher.example"]}}
    contact_id = await office.created(contact(**emails), "contacts")
    assert (await office.read(f"/v1/contacts/{contact_id}"))["emailAddresses"] == emails["emailAddresses"]


async def test_a_role_left_out_of_an_update_is_dropped(office: Office) -> None:
    both: dict[str, Any] = {"customer": {}, "vendor": {}}
    contact_id = await office.created(contact(roles=both), "contacts")
    body = contact(version=1, roles={"customer": {}})
    assert (await office.http.put(f"/v1/contacts/{contact_id}", json=body)).status_code == 200
    assert (await office.read(f"/v1/contacts/{contact_id}"))["roles"] == {"customer": {"number": 10002}}


@pytest.mark.parametrize("status", [406, 409])
async def test_a_stale_version_is_refused_as_the_switch_says(office: Office, status: int) -> None:
    contact_id = await office.created(contact(), "contacts")
    await office.control.settings(contact_conflict_status=status)
    response = await office.http.put(f"/v1/contacts/{contact_id}", json=contact(version=7))
    assert response.status_code == status
    assert [issue["source"] for issue in response.json()["IssueList"]] == ["version"]


async def found(office: Office, **query: str) -> list[str]:
    page = await office.read("/v1/contacts?" + "&".join(f"{key}={value}" for key, value in query.items()))
    return [one["id"] for one in page["content"]]


async def test_an_email_is_found_by_part_in_any_case_and_in_contact_persons(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    assert await found(office, email="EINGANG@moor") == [contact_id]
    assert await found(office, email="einkauf@") == [contact_id]
    assert await found(office, email="nobody@") == []


async def test_wildcards_match_and_a_backslash_takes_them_literally(office: Office) -> None:
    one = await office.created(contact(emailAddresses={"business": ["a_b@moor.example"]}), "contacts")
    two = await office.created(contact(emailAddresses={"business": ["axb@moor.example"]}), "contacts")
    assert set(await found(office, email="a_b@moor")) == {one, two}
    assert await found(office, email="a%5C_b@moor") == [one]
    assert set(await found(office, email="a%25example")) == {one, two}


async def test_names_are_searched_html_encoded(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    assert await found(office, name="moorbach %26 s") == []
    assert await found(office, name="moorbach %26amp; s") == [contact_id]


async def test_numbers_and_roles_are_filtered(office: Office) -> None:
    customer = await office.created(contact(), "contacts")
    vendor = await office.created(contact(roles={"vendor": {}}), "contacts")
    assert await found(office, number="10002") == [customer]
    assert await found(office, number="70001") == [vendor]
    assert await found(office, customer="false") == [vendor]
    assert await found(office, vendor="true") == [vendor]
    assert await found(office, customer="1") == [customer]
    assert await found(office, customer="0") == [vendor]


@pytest.mark.parametrize(
    "query",
    [
        "email=",
        "email=ab",
        "name=ab",
        "number=x",
        f"number={'9' * 5000}",
        "customer=yes",
        "size=251",
        f"page={'9' * 5000}",
    ],
)
async def test_an_unusable_filter_is_a_legacy_bad_request(office: Office, query: str) -> None:
    response = await office.get(f"/v1/contacts?{query}")
    assert response.status_code == 400
    assert response.json()["IssueList"][0]["type"] == "bad_request_error"


async def test_the_list_is_sorted_by_name_and_holds_archived_contacts(office: Office) -> None:
    for name in ("Zander", "Aalborg", "Meise"):
        await office.created(contact(company={"name": name}), "contacts")
    await office.control.post("contacts", {"company": {"name": "Birke"}, "archived": True})
    page = await office.read("/v1/contacts?size=3")
    assert [one["company"]["name"] for one in page["content"]] == ["Aalborg", "Birke", "Meise"]
    assert page["content"][1]["archived"] is True
    assert page["sort"][0]["property"] == "name"


async def test_an_update_needs_the_current_version(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    version = (await office.read(f"/v1/contacts/{contact_id}"))["version"]
    changed = contact(version=version, note="neu", archived=True)
    response = await office.http.put(f"/v1/contacts/{contact_id}", json=changed)
    assert response.status_code == 200
    assert response.json()["version"] == version + 1
    read = await office.read(f"/v1/contacts/{contact_id}")
    assert (read["note"], read["archived"], read["roles"]["customer"]["number"]) == ("neu", False, 10002)
    stale = await office.http.put(f"/v1/contacts/{contact_id}", json=changed)
    assert issues_of(stale) == {("invalid_value", "version")}


async def test_a_company_cannot_become_a_person(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    body = contact(version=1, company=None, person=PERSON)
    response = await office.http.put(f"/v1/contacts/{contact_id}", json=body)
    assert ("invalid_value", "company or person") in issues_of(response)


async def test_a_contact_with_several_entries_cannot_be_updated(office: Office) -> None:
    phones = {"phoneNumbers": {"business": ["1", "2"]}, "company": {"name": "Zwei"}}
    contact_id = (await office.control.post("contacts", phones))["id"]
    response = await office.http.put(f"/v1/contacts/{contact_id}", json=contact(version=1))
    assert response.status_code == 406


async def test_an_ignored_filter_shows_everybody(office: Office) -> None:
    await office.created(contact(), "contacts")
    await office.control.fault("GET", "/v1/contacts", "filter_ignored")
    assert len(await found(office, email="nobody@")) == 1
    assert await found(office, email="nobody@") == []


async def test_only_the_first_ten_thousand_contacts_are_shown(office: Office) -> None:
    await office.control.post("contacts", {"count": 10_010, "person": {"lastName": "Kunde {}"}})
    page = await office.read("/v1/contacts?customer=true&size=250&page=39")
    assert (page["totalElements"], page["last"], len(page["content"])) == (10_000, True, 250)
    assert (await office.get("/v1/contacts?size=250&page=40")).status_code == 400
    assert len(await found(office, name="Kunde 10009")) == 1


async def test_a_person_can_edit_archive_and_delete_contacts(office: Office) -> None:
    contact_id = await office.created(contact(), "contacts")
    await office.control.post(f"contacts/{contact_id}", {"archived": True, "note": "alt"})
    read = await office.read(f"/v1/contacts/{contact_id}")
    assert (read["archived"], read["note"], read["version"]) == (True, "alt", 2)
    assert (await office.control.http.delete(f"/_control/contacts/{contact_id}")).status_code == 200
    assert (await office.get(f"/v1/contacts/{contact_id}")).status_code == 404
    assert await found(office, name="moorbach") == []
    assert (await office.control.http.post("/_control/contacts/unknown", json={})).status_code == 404
