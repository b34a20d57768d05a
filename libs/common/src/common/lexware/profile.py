"""`/v1/profile` of one connection."""

from common.domain.profile import SellerProfile
from common.http.client import ApiClient
from common.lexware.wire import Profile, parse


class ProfileApi:
    """Who the organization behind the connection is."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def get(self) -> SellerProfile:
        """The profile as decisions read it."""
        return to_seller(parse(Profile, (await self._api.get("/v1/profile")).content))


def to_seller(profile: Profile) -> SellerProfile:
    """The seller a profile describes."""
    return SellerProfile(
        organization_id=profile.organization_id,
        company_name=profile.company_name,
        tax_type=profile.tax_type,
        small_business=profile.small_business,
        distance_sales_principle=profile.distance_sales_principle,
        business_features=profile.business_features,
    )
