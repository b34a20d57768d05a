"""One Lexware organization, one attribute per upstream resource."""

from common.http.client import ApiClient
from common.lexware.contacts import Contacts
from common.lexware.countries import Countries
from common.lexware.files import Files
from common.lexware.posting_categories import PostingCategories
from common.lexware.profile import ProfileApi
from common.lexware.voucherlist import VoucherList
from common.lexware.vouchers import Vouchers


class LexwareClient:
    """The API of one connection; all resources share its credentials and its rate limit."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self.vouchers = Vouchers(api)
        self.voucherlist = VoucherList(api)
        self.files = Files(api)
        self.profile = ProfileApi(api)
        self.posting_categories = PostingCategories(api)
        self.contacts = Contacts(api)
        self.countries = Countries(api)

    async def prepare_write(self, path: str) -> None:
        """Have valid credentials and a slot of the rate limit for one write to that path."""
        await self._api.prepare_write(path)
