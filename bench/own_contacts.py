"""Runs the invoice writer with decisions that ask for each customer's own contact.

Run as a process of its own: `python -m bench.own_contacts`.
"""

from typing import Any

from common.domain.customers import customer_of
from common.domain.decide import decide
from common.domain.documents import Document, OrderSnapshot
from common.domain.verdicts import Decision, SingleContact, Verdict
from invoice_writer import deciding
from invoice_writer.__main__ import run


def decide_for_own_contact(document: Document, order: OrderSnapshot, *facts: Any, **more: Any) -> Verdict:
    """The verdict, for a contact of the customer's own."""
    verdict, customer = decide(document, order, *facts, **more), customer_of(document.address, order, "DE")
    if not isinstance(verdict, Decision) or customer is None:
        return verdict
    return verdict.model_copy(update={"contact": SingleContact(customer=customer, why="settings")})


if __name__ == "__main__":
    vars(deciding)["decide"] = decide_for_own_contact
    run()
