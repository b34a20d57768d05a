"""Many documents in one go, for benches and crash tests."""

from typing import Any

from sandbox.epages.control.overview import two_decimals
from sandbox.epages.platform import Platform
from sandbox.epages.specs import BulkSpec, DocumentSpec, FinaliseSpec, OrderSpec
from sandbox.epages.state import ShopState


def make_documents(platform: Platform, states: list[ShopState], spec: BulkSpec) -> dict[str, Any]:
    """`count` documents exist afterwards, spread over the shops in turn."""
    made: list[dict[str, Any]] = []
    merchants = [platform.merchant(state) for state in states]
    invoice = FinaliseSpec(pdf=spec.pdf, at=spec.at)
    credit = DocumentSpec(pdf=spec.pdf, at=spec.at)
    place = 0
    while len(made) < spec.count:
        merchant, state = merchants[place % len(states)], states[place % len(states)]
        seed = None if spec.seed is None else spec.seed + place
        order = merchant.place(OrderSpec(lines=spec.lines, seed=seed, at=spec.at))
        documents = [merchant.finalise(order, invoice)]
        place += 1
        if spec.credit_every and place % spec.credit_every == 0 and len(made) + 1 < spec.count:
            documents.append(merchant.credit(order, credit))
        made += [
            {
                "shop": state.shop.key,
                "type": document.type,
                "number": document.number,
                "order_number": order.number,
                "gross_total": two_decimals(document.basket.totals().grand),
            }
            for document in documents
        ]
    return {"count": len(made), "documents": made}
