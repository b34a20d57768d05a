"""Problems of linking what is in use already."""

from api.problems import (
    Problem,
)


class OrganizationLinkedElsewhere(Problem):
    """An organization's books are in use under one tenant at a time; where else is nobody's business."""

    status = 409
    code = "organization_linked_elsewhere"
    title = "The organization's books are in use elsewhere"
    detail = "Ask the operator of this service to release them."


class ShopLinkedElsewhere(Problem):
    """A shop is in use over one connection at a time; whose it is stays untold unless it is one's own."""

    status = 409
    code = "shop_linked_elsewhere"
    title = "The shop is linked already"
    detail = "It is in use elsewhere. Ask the operator of this service to release it."
