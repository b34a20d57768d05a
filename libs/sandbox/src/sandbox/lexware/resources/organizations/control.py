"""How organizations are made and changed."""

from sandbox.control import ControlRefused, control_object
from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.resources.connections.control import ConnectionControl
from sandbox.lexware.resources.organizations.new import new_organization
from sandbox.resource import ControlRoute
from sandbox.store import Document

_CHANGEABLE = (
    "companyName",
    "taxType",
    "smallBusiness",
    "distanceSalesPrinciple",
    "businessFeatures",
    "closedUntil",
    "contractProblem",
)


class OrganizationControl:
    """Orders about organizations."""

    def __init__(self, books: Books, connections: ConnectionControl) -> None:
        self._books, self._connections = books, connections

    def routes(self) -> list[ControlRoute]:
        """Return the paths of the orders."""
        return [
            ControlRoute("/_control/organizations", {"POST": self.add_organization}),
            ControlRoute("/_control/organizations/{id}", {"POST": self.change_organization}),
        ]

    def add_organization(self, call: Call) -> Answer:
        """Make an organization with an API key; `oauth` adds an OAuth connection."""
        order = control_object(call)
        organization_id = str(order.get("organizationId") or new_id())
        self._books.organizations.put(organization_id, new_organization(organization_id, order))
        result: Document = {
            "organization_id": organization_id,
            **self._connections.new_key(organization_id, order),
        }
        if order.get("oauth"):
            result["oauth"] = self._connections.new_grant(organization_id, order)
        return json_answer(201, result)

    def change_organization(self, call: Call) -> Answer:
        """Change settings of an organization, close a period or give it a contract problem."""
        organization_id, order = call.params["id"], control_object(call)
        if organization_id not in self._books.organizations:
            raise ControlRefused("no such organization", status=404)
        unknown = set(order) - set(_CHANGEABLE)
        if unknown:
            raise ControlRefused(f"cannot change {sorted(unknown)}", known=list(_CHANGEABLE))
        return json_answer(200, self._books.change_organization(organization_id, **order))
