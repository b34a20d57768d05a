"""The form of VAT ids: what can be told without asking anybody."""

from dataclasses import dataclass

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

GREECE = {"GR": "EL"}  # written with either, asked about as EL


@dataclass(frozen=True, slots=True)
class WireVatId:
    """A well-formed VAT id in the two parts it is asked about with."""

    country: str
    number: str


def to_wire(vat_id: str) -> WireVatId | None:
    """The parts of a well-formed id of a member state or Northern Ireland; None for anything else."""
    try:
        compact = vat.compact(vat_id)
        country = GREECE.get(compact[:2], compact[:2])
        vat.validate(country + compact[2:])
    except ValidationError:
        return None
    return WireVatId(country, compact[2:])
