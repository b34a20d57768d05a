"""Links to shops and books: which lead to the same one, and what linking means then."""

from api.connections.asking import ShopQuestions, has_token
from api.connections.evidence import Newcomer
from api.connections.linking import ACTIVE, BOOKS, PENDING, ConnectionRepository
from api.connections.problems import OrganizationLinkedElsewhere, ShopLinkedElsewhere
from api.connections.released import release
from api.connections.usage import alone, require_free, require_free_organization, shop_to_use
from api.connections.watch import DoubleLinkWatch

__all__ = [
    "ACTIVE",
    "BOOKS",
    "PENDING",
    "ConnectionRepository",
    "DoubleLinkWatch",
    "Newcomer",
    "OrganizationLinkedElsewhere",
    "ShopLinkedElsewhere",
    "ShopQuestions",
    "alone",
    "has_token",
    "release",
    "require_free",
    "require_free_organization",
    "shop_to_use",
]
