"""Many orders of fewer customers at once, in several processes, while reads lag and answers are lost."""

import asyncio
import os
import random
from collections import Counter, defaultdict

import pytest

from common.db.engine import open_database
from common.domain.buyers import Customer
from common.settings import DatabaseSettings
from factories.customers import make_company, make_customer
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer

ORDERS = int(
    os.environ.get("CONTACT_ORDERS", "1000")
)  # the full size is 10,000 orders of a fifth as many customers
CUSTOMERS = ORDERS // 5
PROCESSES, AT_ONCE = 4, 8
PATIENT_GATE = 3.0  # one event loop plays all processes


def customer(number: int, order: int) -> Customer:
    """The same customer as guest and registered, at home and at work, in whatever case."""
    email = f"kunde-{number}@viele.example"
    over = {
        "email": email.upper() if order % 3 == 0 else email,
        "shop_customer_number": str(order if order % 2 else 10_000 + number),
        "city": "Bonn" if order % 7 == 0 else "Berlin",
    }
    if number % 10 == 0:
        return make_company(company=f"Firma {number}", vat_id=f"ATU{number:08}", **over)
    return make_customer(last_name=f"Kunde {number}", **over)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("faults", [False, True], ids=["calm", "answers lost"])
async def test_each_customer_has_one_contact(writer: Writer, database_url: str, faults: bool) -> None:
    writer.effects = writer.effects.model_copy(update={"gate": PATIENT_GATE})
    others = [open_database(DatabaseSettings(url=database_url)) for _ in range(PROCESSES - 1)]
    processes = [Process(writer, db) for db in (writer.db, *others)]
    orders = [(place % CUSTOMERS, place) for place in range(ORDERS)]
    random.Random(7).shuffle(orders)
    contacts: defaultdict[int, set[str]] = defaultdict(set)
    if faults:
        for fault in (
            "timeout_after_commit",
            "drop_before_commit",
            "drop_after_commit",
            "account_number_race",
        ):
            await writer.lexware.control.fault("POST", "/v1/contacts", fault, times=10)

    async def work(process: Process) -> None:
        while orders:
            number, order = orders.pop()
            contacts[number].add(await process.ready(customer(number, order)))

    await asyncio.gather(*(work(process) for process in processes for _ in range(AT_ONCE)))
    for db in others:
        await db.close()
    there = Counter(contact["id"] for contact in await writer.customers())
    assert len(there) == CUSTOMERS
    assert [len(ids) for ids in contacts.values()] == [1] * CUSTOMERS
    assert set().union(*contacts.values()) == set(there)
