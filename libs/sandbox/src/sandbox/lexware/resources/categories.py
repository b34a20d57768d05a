"""Posting categories: the known ones with their rules, and as many others as a real list has."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal

import orjson

from sandbox.http import Answer, Call
from sandbox.lexware.resources.category_names import INCOME_FILLERS, OUTGO_GROUPS
from sandbox.resource import ApiRoute, Resource

Rates = Literal["german", "zero", "destination", "origin"]

GERMAN_RATES = frozenset(map(Decimal, (0, 5, 7, 16, 19)))
_EU_RATES = (
    "0 0.9 2 2.1 3 4 4.8 4.9 5 5.5 6 7 7.5 8 9 9.5 10 11 12 13 13.5 14 15 16 "
    "17 18 19 20 21 22 23 24 25 25.5 27"
)
EU_RATES = frozenset(map(Decimal, _EU_RATES.split()))

INTRA_COMMUNITY = "9075a4e3-66de-4795-a016-3889feca0d20"
ROUNDING = "aba9020f-d0a6-47ca-ace6-03d6ed492351"

_NAMESPACE = uuid.UUID("6e0f2f6c-6f0b-4f0e-9d0a-7d3b5f1c2a10")


@dataclass(frozen=True, slots=True)
class Category:
    """A posting category with what may be booked on it."""

    id: str
    name: str
    type: Literal["income", "outgo"]
    group: str
    contact_required: bool = False
    split_allowed: bool = True
    rates: Rates = "german"
    company_issue: str | None = None  # the issue when its contact is a person; None: persons are fine

    def as_json(self) -> dict[str, Any]:
        """Return the category as the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "contactRequired": self.contact_required,
            "splitAllowed": self.split_allowed,
            "groupName": self.group,
        }


def _income(id: str, name: str, group: str = "Einnahmen", **rules: Any) -> Category:
    return Category(id, name, "income", group, **rules)


def _outgo(id: str, name: str, group: str, **rules: Any) -> Category:
    return Category(id, name, "outgo", group, **rules)


_REAL: dict[str, Any] = {"contact_required": True, "split_allowed": False}
_FREE: dict[str, Any] = {"split_allowed": False, "rates": "zero"}
_ABROAD = "Einnahmen Ausland"

KNOWN = (
    _income("8f8664a1-fd86-11e1-a21f-0800200c9a66", "Einnahmen"),
    _income("8f8664a0-fd86-11e1-a21f-0800200c9a66", "Dienstleistung"),
    _income("8f8664a8-fd86-11e1-a21f-0800200c9a66", "Warenverkauf"),
    _income("8f8664a9-fd86-11e1-a21f-0800200c9a66", "Wartung"),
    _income("cfddcc50-fd86-11e1-a21f-0800200c9a66", "Sonstige Einnahmen"),
    _income("4f01e761-d912-441f-ad1a-1c1d2d590a81", "Provisionseinnahmen"),
    _income(ROUNDING, "Rundungsdifferenzen", rates="zero"),
    _income("f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207", "Einnahmen als Kleinunternehmer", **_FREE),
    _income("7a1efa0e-6283-4cbf-9583-8e88d3ba5960", "Einnahmen als Kleinunternehmer (bis 04/2026)", **_FREE),
    _income(
        INTRA_COMMUNITY,
        "Innergemeinschaftliche Lieferung",
        _ABROAD,
        rates="zero",
        company_issue="individual_person_not_applicable_intra_community_supply",
        **_REAL,
    ),
    _income(
        "380a20cb-d04c-426e-b49c-84c22adfa362",
        "Fremdleistungen §13b",
        _ABROAD,
        rates="zero",
        company_issue="individual_person_not_applicable_external_service_13b",
        **_REAL,
    ),
    _income(
        "93d24c20-ea84-424e-a731-5e1b78d1e6a9",
        "Ausfuhrlieferungen an Drittländer",
        _ABROAD,
        rates="zero",
        **_REAL,
    ),
    _income(
        "ef5b1a6e-f690-4004-9a19-91276348894f",
        "Dienstleistungen an Drittländer",
        _ABROAD,
        rates="zero",
        company_issue="individual_person_not_applicable_service_third_party",
        **_REAL,
    ),
    _income(
        "7c112b66-0565-479c-bc18-5845e080880a",
        "Fernverkauf",
        _ABROAD,
        contact_required=True,
        rates="origin",
    ),
    _income(
        "d73b880f-c24a-41ea-a862-18d90e1c3d82",
        "Elektronische Dienstleistungen",
        _ABROAD,
        contact_required=True,
        rates="origin",
    ),
    _income(
        "4ebd965a-7126-416c-9d8c-a5c9366ee473",
        "Fernverkauf in EU-Land steuerpflichtig",
        _ABROAD,
        contact_required=True,
        rates="destination",
    ),
    _income(
        "7ecea006-844c-4c98-a02d-aa3142640dd5",
        "Elektronische Dienstleistung in EU-Land steuerpflichtig",
        _ABROAD,
        contact_required=True,
        rates="destination",
    ),
    _outgo("16d04a23-fd91-11e1-a21f-0800200c9a66", "Kontoführung / Kartengebühr", "Gebühren", rates="zero"),
    _outgo("113476af-ac83-4bf2-941d-0daa37022945", "Gebühren mit Steuer", "Gebühren"),
    _outgo("16d04a28-fd91-11e1-a21f-0800200c9a66", "Sonstige Ausgaben", "Sonstiges"),
    _outgo("16d04a21-fd91-11e1-a21f-0800200c9a66", "Bürobedarf", "Büro"),
    _outgo("16d04a20-fd91-11e1-a21f-0800200c9a66", "Anschaffungen", "Anschaffungen"),
    _outgo("16d04a27-fd91-11e1-a21f-0800200c9a66", "Seminar", "Fortbildung"),
    _outgo("16d04a25-fd91-11e1-a21f-0800200c9a66", "Privatentnahmen", "Privat", rates="zero"),
    _outgo("dd56efd2-6c62-40e4-9d9e-cba7b0045911", "Geldtransit", "Finanzen", rates="zero"),
    _outgo("cf03a2b0-f838-474f-ac5e-67adb9b830c7", "Reise MA", "Reisen"),
    _outgo("3620798f-ae06-4492-b775-1c87eb99247c", "Fahrtkosten MA", "Reisen"),
    _outgo(
        "dba64b05-85f7-4359-8e83-a2556a62eeac",
        "Innergemeinschaftlicher Erwerb",
        "Ausland",
        contact_required=True,
    ),
)


@cache
def all_categories() -> dict[str, Category]:
    """Return all categories by id; the known ones first."""
    known = {category.id: category for category in KNOWN}
    fillers = [_income(_filler_id(name), name) for name in INCOME_FILLERS]
    fillers += [
        _outgo(_filler_id(name), name, group, contact_required=group == "Ausland")
        for group, names in OUTGO_GROUPS.items()
        for name in names
    ]
    return {**known, **{category.id: category for category in fillers}}


class PostingCategories(Resource):
    """`/v1/posting-categories`: the same list for everybody."""

    def __init__(self) -> None:
        self._shown = orjson.dumps([category.as_json() for category in all_categories().values()])

    def routes(self) -> Sequence[ApiRoute]:
        """Return the one route of the list."""
        return [ApiRoute("/v1/posting-categories", {"GET": self.show})]

    def show(self, call: Call) -> Answer:
        """Show all categories."""
        return Answer(200, self._shown)


def _filler_id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))
