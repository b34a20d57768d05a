"""Who the seller is in the books, and where a voucher line may be posted."""

from common.domain.documents import Fact


class SellerProfile(Fact):
    """What the books say about the seller; it decides which tax cases are possible at all."""

    organization_id: str
    company_name: str | None = None
    tax_type: str | None = None
    small_business: bool = False
    distance_sales_principle: str | None = None
    business_features: tuple[str, ...] = ()


class PostingCategory(Fact):
    """A category of the books with the flags that limit its use."""

    id: str
    name: str
    type: str
    contact_required: bool = False
    split_allowed: bool = True
    group_name: str | None = None
