"""An organization as it is made."""

from collections.abc import Mapping
from typing import Any

from sandbox.lexware.values import berlin_moment
from sandbox.store import Document


def new_organization(organization_id: str, options: Mapping[str, Any]) -> Document:
    """Return an organization with the given properties and ordinary ones for the rest."""
    return {
        "id": organization_id,
        "companyName": options.get("companyName", "Heidekraut Versand GmbH"),
        "taxType": options.get("taxType", "gross"),
        "smallBusiness": options.get("smallBusiness", False),
        "distanceSalesPrinciple": options.get("distanceSalesPrinciple"),
        "businessFeatures": options.get("businessFeatures", ["INVOICING", "INVOICING_PRO", "BOOKKEEPING"]),
        "userName": options.get("userName", "Frau Henrike Lohmann"),
        "userEmail": options.get("userEmail", "henrike.lohmann@heidekraut.example"),
        "closedUntil": options.get("closedUntil"),
        "contractProblem": options.get("contractProblem", False),
        "createdDate": berlin_moment(),
    }
