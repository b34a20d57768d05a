"""Contacts over the wire: what a search means, what an update must not lose, where the list ends."""

from typing import Any

import pytest

from common.effects.gate import Gate
from common.lexware.client import LexwareClient
from common.lexware.contact_wire import ContactPerson, NewContact, PostalAddress, fingerprint, merged
from common.lexware.errors import Conflict, ContactRejected
from sandbox.testing import RunningSandbox

SOMMER: dict[str, Any] = {
    "person": {"lastName": "Sommer"},
    "emailAddresses": {"business": ["a_b@shop.example"]},
}


async def by_hand(lexware: RunningSandbox, **contact: Any) -> str:
    made = await lexware.lexware.control.post("contacts", {**SOMMER, **contact})
    return str(made["id"])


def new_contact(**over: Any) -> NewContact:
    values: dict[str, Any] = {
        "person": ContactPerson(first_name="Jo", last_name="Sommer"),
        "billing": PostalAddress(street="Weg 1", zip="24103", city="Kiel", country_code="DE"),
        "email": "jo@shop.example",
        "note": "#0123456789abcdef",
    }
    return NewContact(**(values | over))


async def created(client: LexwareClient, contact: NewContact) -> str:
    await client.prepare_write("/v1/contacts")
    return await client.contacts.create(contact.to_wire(), Gate(10.0))


async def test_email_is_compared_as_a_whole_and_character_by_character(
    lexware: RunningSandbox, client: LexwareClient
) -> None:
    wanted = await by_hand(lexware)
    await by_hand(lexware, emailAddresses={"business": ["axb@shop.example"]})
    await by_hand(lexware, emailAddresses={"private": ["aa_b@shop.example"]})
    await by_hand(lexware, archived=True)
    found = await client.contacts.by_email("A_B@shop.example")
    assert ([one.id for one in found.contacts], found.complete) == ([wanted], True)


async def test_email_of_a_contact_person_counts(lexware: RunningSandbox, client: LexwareClient) -> None:
    company = {"name": "Meer AG", "contactPersons": [{"lastName": "X", "emailAddress": "x@meer.example"}]}
    wanted = (await lexware.lexware.control.post("contacts", {"company": company}))["id"]
    assert [one.id for one in (await client.contacts.by_email("x@meer.example")).contacts] == [wanted]


@pytest.mark.parametrize("name", ["R&D <Co> 100% _x_ \\ GmbH", "ä" * 200, "Ng", "%%%"])
async def test_any_name_is_found(lexware: RunningSandbox, client: LexwareClient, name: str) -> None:
    wanted = await by_hand(lexware, person={"lastName": name})
    await by_hand(lexware)
    found = await client.contacts.by_name(name)
    assert wanted in [one.id for one in found.contacts]
    assert found.complete


async def test_long_email_is_found(lexware: RunningSandbox, client: LexwareClient) -> None:
    email = "x_" * 80 + "@shop.example"
    wanted = await by_hand(lexware, emailAddresses={"private": [email]})
    assert [one.id for one in (await client.contacts.by_email(email)).contacts] == [wanted]


async def test_search_whose_filter_was_ignored_proves_nothing(
    lexware: RunningSandbox, client: LexwareClient
) -> None:
    await by_hand(lexware)
    await lexware.lexware.control.fault("GET", "/v1/contacts", "filter_ignored")
    found = await client.contacts.by_email("nobody@shop.example")
    assert (found.contacts, found.complete) == ((), False)


async def test_list_beyond_its_window_is_not_everybody(
    lexware: RunningSandbox, client: LexwareClient
) -> None:
    await lexware.lexware.control.post("contacts", {"count": 10_000, "person": {"lastName": "Kunde {}"}})
    found = await client.contacts.everybody()
    assert (len(found.contacts), found.complete) == (10_000, False)


async def test_created_contact_is_what_was_sent(lexware: RunningSandbox, client: LexwareClient) -> None:
    contact = new_contact(phone="040 1")
    contact_id = await created(client, contact)
    whole = await client.contacts.get_whole(contact_id)
    assert fingerprint(whole) == fingerprint(contact.content())
    read = await client.contacts.get(contact_id)
    assert (read.name, read.emails, read.number) == ("Jo Sommer", ("jo@shop.example",), 10002)


async def test_unusable_contact_is_refused_with_its_issues(client: LexwareClient) -> None:
    with pytest.raises(ContactRejected) as refusal:
        await created(client, new_contact(billing=PostalAddress(country_code="ZZ")))
    assert [issue.key for issue in refusal.value.issues] == ["countrycode_is_not_valid"]


async def test_update_keeps_what_we_do_not_write(lexware: RunningSandbox, client: LexwareClient) -> None:
    contact_id = await created(client, new_contact())
    extra = {"xRechnung": {"buyerReference": "04011", "vendorNumberAtCustomer": "7"}}
    roles = {"customer": {"number": 10002}, "vendor": {"number": 70001}}
    await lexware.lexware.control.post(f"contacts/{contact_id}", {**extra, "roles": roles})
    current = await client.contacts.get_whole(contact_id)
    changed = new_contact(billing=PostalAddress(city="Bonn", country_code="DE"), email=None)
    await client.contacts.update(contact_id, merged(current, changed))
    now = await client.contacts.get_whole(contact_id)
    assert now["addresses"] == {"billing": [{"city": "Bonn", "countryCode": "DE"}]}
    assert now["emailAddresses"] == {"private": ["jo@shop.example"]}
    assert (now["xRechnung"], now["roles"]) == (extra["xRechnung"], roles)


async def test_update_of_an_older_version_is_a_conflict(
    lexware: RunningSandbox, client: LexwareClient
) -> None:
    contact_id = await created(client, new_contact())
    current = await client.contacts.get_whole(contact_id)
    await lexware.lexware.control.post(f"contacts/{contact_id}", {"note": "typed over"})
    with pytest.raises(Conflict):
        await client.contacts.update(contact_id, merged(current, new_contact()))
