"""Links to shops and books: which lead to the same one, and what linking means then."""

from api.connections.asking import ACCESS_TOKEN, ShopQuestions, has_token
from api.connections.evidence import Newcomer
from api.connections.linking import PENDING, ConnectionRepository
from api.connections.places import organization_place, shop_place
from api.connections.problems import OrganizationLinkedElsewhere, ShopLinkedElsewhere
from api.connections.released import release
from api.connections.usage import alone, require_free_organization, require_free_shop, shop_to_use
from api.connections.watch import DoubleLinkWatch

__all__ = [
    "ACCESS_TOKEN",
    "PENDING",
    "ConnectionRepository",
    "DoubleLinkWatch",
    "Newcomer",
    "OrganizationLinkedElsewhere",
    "ShopLinkedElsewhere",
    "ShopQuestions",
    "alone",
    "has_token",
    "organization_place",
    "release",
    "require_free_organization",
    "require_free_shop",
    "shop_place",
    "shop_to_use",
]
