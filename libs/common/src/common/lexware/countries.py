"""`/v1/countries` of one connection: how the books spell a country."""

from collections.abc import Sequence

from pydantic import Field

from common.domain.buyers import NORTHERN_IRELAND
from common.http.client import ApiClient
from common.lexware.rows import Rows, parse_rows
from common.lexware.wire import Wire, WireId

NAMES = {NORTHERN_IRELAND: "Northern Ireland"}  # no country of ISO 3166-1: the books' code is not told
KNOWN_CODES = {"IX": NORTHERN_IRELAND}  # what others have seen


class Country(Wire):
    """A country as contacts may name it."""

    VITAL = frozenset({"countryCode", "countryNameEN"})

    country_code: WireId
    name_en: str = Field(default="", alias="countryNameEN")


class Countries:
    """The countries that the books know."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def list(self) -> Rows[Country]:
        """Read every country."""
        return parse_rows(Country, (await self._api.get("/v1/countries")).content)


def code_in_books(country: str, listed: Sequence[Country]) -> str:
    """The books' code of a country; ours where they list none of its name."""
    name = NAMES.get(country)
    return next((one.country_code for one in listed if one.name_en == name), country)
