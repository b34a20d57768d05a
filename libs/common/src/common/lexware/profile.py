"""`/v1/profile` of one connection."""

from common.domain.profile import SellerProfile
from common.http.client import ApiClient
from common.lexware.rows import Unfit, parse_object
from common.lexware.wire import Profile


class ProfileApi:
    """Who the organization behind the connection is."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def get(self) -> SellerProfile:
        """Read the profile as decisions need it; what no decision depends on may be unreadable."""
        return (await self.read())[0]

    async def read(self) -> tuple[SellerProfile, Unfit | None]:
        """Read the profile as decisions need it. Returns it, and what of it could not be read."""
        profile, unfit = parse_object(Profile, (await self._api.get("/v1/profile")).content)
        return to_seller(profile), unfit


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
