"""Where an address lies for VAT: Germany, another member state, or outside the VAT area.

A place is never guessed: a country nobody knows, or a country and a postcode that name different places,
is a doubt, and the document is parked with it.
"""

import re
from dataclasses import dataclass
from enum import Enum

from common.domain.buyers.country_codes import COUNTRIES, HOME, MEMBER_STATES, NORTHERN_IRELAND
from common.domain.cleaning import clean
from common.domain.documents import Address

ALIASES = {"EL": "GR", "UK": "GB"}
EXTENSIONS = {  # how the books write places that ISO 3166-1 has no code for, as far as that is known
    "ES_CN": ("ES", "Kanarische Inseln"),
    "GR_69": ("GR", "Athos"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place as VAT sees it: `state` is the member state whose VAT holds, None outside the VAT area.

    `country` is the books' own code. Northern Ireland is state XI, which is one for goods only. `region` is
    the key of rates that hold there beside those of the state.
    """

    country: str
    state: str | None
    territory: str | None = None
    region: str | None = None

    @property
    def rates_of(self) -> str:
        """The key of the rates that hold here; empty outside the VAT area."""
        return self.region or self.state or ""

    @property
    def is_home(self) -> bool:
        """Whether German VAT holds."""
        return self.state == HOME


class UnclearPlace(Enum):
    """Why an address names no place."""

    UNKNOWN = "unknown"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True)
class Territory:
    """Part of a country that VAT treats otherwise, by postcodes and, where it has one, the town's name."""

    name: str
    within: str
    zips: re.Pattern[str]
    town: re.Pattern[str] | None = None
    country: str | None = None  # the books' code, where it is not that of the country around it
    state: str | None = None
    region: str | None = None


def _territory(
    name: str,
    within: str,
    zips: str,
    town: str | None = None,
    country: str | None = None,
    state: str | None = None,
    region: str | None = None,
) -> Territory:
    names = None if town is None else re.compile(rf"\b(?:{town})\b")
    return Territory(name, within, re.compile(zips), names, country, state, region)


TERRITORIES = (
    _territory("Helgoland", "DE", "27498", "helgoland"),
    _territory("Büsingen", "DE", "78266|8238", "b(?:ü|ue|u)singen"),
    _territory("Jungholz", "DE", "87491", country="AT", state="AT", region="AT_BORDER"),
    _territory("Mittelberg", "DE", "8756[789]", country="AT", state="AT", region="AT_BORDER"),
    _territory("Jungholz", "AT", "87491|6691", state="AT", region="AT_BORDER"),
    _territory("Mittelberg", "AT", "8756[789]|699[123]", state="AT", region="AT_BORDER"),
    _territory("Madeira", "PT", "9[0-4][0-9]{2}(?:[0-9]{3})?", state="PT", region="PT_MADEIRA"),
    _territory("Azoren", "PT", "9[5-9][0-9]{2}(?:[0-9]{3})?", state="PT", region="PT_AZORES"),
    _territory("Korsika", "FR", "20[0-6][0-9]{2}", state="FR", region="FR_CORSICA"),
    _territory(
        "Ägäische Inseln", "GR", "8(?:1[1-3]|2[12]|31|53|54)[0-9]{2}", state="GR", region="GR_ISLANDS"
    ),
    _territory("Kanarische Inseln", "ES", "(?:35|38)[0-9]{3}", country="ES_CN"),
    _territory("Ceuta", "ES", "51[0-9]{3}", "ceuta"),
    _territory("Melilla", "ES", "52[0-9]{3}", "melilla"),
    _territory("Åland", "FI", "22[0-9]{3}", country="AX"),
    _territory("Monaco", "FR", "980[0-9]{2}", country="MC", state="FR"),
    _territory("Guadeloupe", "FR", "971[0-9]{2}", country="GP"),
    _territory("Martinique", "FR", "972[0-9]{2}", country="MQ"),
    _territory("Französisch-Guayana", "FR", "973[0-9]{2}", country="GF"),
    _territory("Réunion", "FR", "974[0-9]{2}", country="RE"),
    _territory("Mayotte", "FR", "976[0-9]{2}", country="YT"),
    _territory("französisches Überseegebiet", "FR", "9(?:75|77|78|84|86|87|88)[0-9]{2}"),
    _territory("Athos", "GR", "6308[67]", "athos|agio[sn] oros", country="GR_69"),
    _territory("Livigno", "IT", "23041", "livigno"),
    _territory("Campione d'Italia", "IT", "22061", "campione(?: d.? ?italia)?"),
    _territory("San Marino", "IT", "4789[0-9]", "^(?:repubblica di )?san marino$", country="SM"),
    _territory("Vatikanstadt", "IT", "00120", country="VA"),
    _territory("Färöer", "DK", "[0-9]{3}", country="FO"),
    _territory("Grönland", "DK", "39[0-9]{2}", country="GL"),
    _territory("Nordzypern", "CY", "99[0-9]{3}"),
    _territory("Nordirland", "GB", "BT[0-9].*", country="XI", state=NORTHERN_IRELAND),
)
ALIAS_ZIPS = {  # older postcodes that neighbours inside the VAT area share
    "Livigno": re.compile("23030"),
    "Campione d'Italia": re.compile("22060"),
}
OUTSIDE_BY_CODE = {
    "AX": "Åland", "FO": "Färöer", "GL": "Grönland", "GP": "Guadeloupe", "MQ": "Martinique",
    "GF": "Französisch-Guayana", "RE": "Réunion", "YT": "Mayotte", "MF": "Saint-Martin",
}  # fmt: skip
NORTHERN_IRISH = re.compile(r"\s*BT[0-9]")  # no postcode of the republic begins like that
PREFIX = re.compile(r"\s*([A-Z]{1,3})\s?-\s?[0-9]")
PREFIXES = {
    "D": "DE", "A": "AT", "F": "FR", "I": "IT", "B": "BE", "L": "LU", "E": "ES", "P": "PT", "S": "SE",
    "N": "NO", "H": "HU", "FIN": "FI", "FL": "LI", "SLO": "SI", "IRL": "IE", "EST": "EE",
}  # fmt: skip
SHARED_PREFIXES = {  # letters of one country that stand before postcodes of another
    ("DE", "CH"): re.compile("8238"),
    ("FR", "MC"): re.compile("980[0-9]{2}"),
    ("MC", "FR"): re.compile("980[0-9]{2}"),
    ("FI", "AX"): re.compile("22[0-9]{3}"),
    ("IT", "SM"): re.compile("4789[0-9]"),
    ("IT", "VA"): re.compile("00120"),
    ("AT", "DE"): re.compile("87491|8756[789]"),
    ("DK", "FO"): re.compile("[0-9]{3}"),
    ("DK", "GL"): re.compile("39[0-9]{2}"),
}
_NOT_ZIP = re.compile(r"[^0-9A-Z]")
_LETTERS_FIRST = re.compile(r"^[A-Z]{1,3}(?=[0-9]{3})")


def place_of(address: Address | None) -> Place | UnclearPlace:
    """The place an address lies in."""
    if address is None:
        return UnclearPlace.UNKNOWN
    country = clean(address.country).upper()
    country = ALIASES.get(country, country)
    if country in EXTENSIONS:
        return Place(country, None, EXTENSIONS[country][1])
    if country not in COUNTRIES:
        return UnclearPlace.UNKNOWN
    zip_code, city = clean(address.zip_code).upper(), clean(address.city).casefold()
    if _names_another_country(country, zip_code):
        return UnclearPlace.CONTRADICTORY
    return _place_within(country, _plain_zip(country, zip_code), city)


def _place_within(country: str, zip_code: str, city: str) -> Place | UnclearPlace:
    if country == NORTHERN_IRELAND:
        return Place(country, NORTHERN_IRELAND, "Nordirland")
    if country == "MC":
        return Place(country, "FR", "Monaco")
    for territory in TERRITORIES:
        if territory.within != country:
            continue
        by_zip = territory.zips.fullmatch(zip_code) is not None
        by_town = territory.town is not None and territory.town.search(city) is not None
        if by_town and zip_code and not by_zip and not _is_alias(territory, zip_code):
            return UnclearPlace.CONTRADICTORY
        if by_zip or by_town:
            code = territory.country or country
            return Place(code, territory.state, territory.name, territory.region)
    if country in OUTSIDE_BY_CODE:
        return Place(country, None, OUTSIDE_BY_CODE[country])
    return Place(country, country if country in MEMBER_STATES else None)


def _is_alias(territory: Territory, zip_code: str) -> bool:
    pattern = ALIAS_ZIPS.get(territory.name)
    return pattern is not None and pattern.fullmatch(zip_code) is not None


def _names_another_country(country: str, zip_code: str) -> bool:
    """Whether the letters before a postcode, as in A-1010, are those of another country."""
    if country == "IE" and NORTHERN_IRISH.match(zip_code):
        return True
    found = PREFIX.match(zip_code)
    if found is None or country in ("GB", "IE", "MT"):
        return False
    prefix = PREFIXES.get(found.group(1), ALIASES.get(found.group(1), found.group(1)))
    if prefix not in COUNTRIES or prefix == country:
        return False
    shared = SHARED_PREFIXES.get((country, prefix))
    return shared is None or shared.fullmatch(_plain_zip(country, zip_code)) is None


def _plain_zip(country: str, zip_code: str) -> str:
    """The postcode without blanks, dashes and a country's letters before it."""
    plain = _NOT_ZIP.sub("", zip_code)
    return plain if country == "GB" else _LETTERS_FIRST.sub("", plain)
