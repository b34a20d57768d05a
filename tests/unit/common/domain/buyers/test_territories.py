"""Where an address lies for VAT (R30)."""

import pytest

from common.domain.buyers import Place, UnclearPlace, place_of
from common.domain.buyers.country_codes import COUNTRIES, MEMBER_STATES
from factories.documents import make_address


def place(country: str | None, zip_code: str | None = "", city: str | None = "") -> Place | UnclearPlace:
    return place_of(make_address(country=country, zip_code=zip_code, city=city))


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_a_country_is_in_the_vat_area_only_as_a_member_state_or_beside_one_r30(country: str) -> None:
    found = place(country)
    assert isinstance(found, Place)
    assert found.country == country
    expected = {"MC": "FR", "XI": "XI"}.get(country, country if country in MEMBER_STATES else None)
    assert found.state == expected
    assert found.is_home is (country == "DE")


@pytest.mark.parametrize(
    ("country", "zip_code", "city", "code", "territory"),
    [
        ("DE", "27498", "", "DE", "Helgoland"),
        ("DE", "D-27498", "Helgoland", "DE", "Helgoland"),
        ("DE", "", "Helgoland", "DE", "Helgoland"),
        ("DE", "78266", "", "DE", "Büsingen"),
        ("DE", "D-78 266", "", "DE", "Büsingen"),
        ("DE", "8238", "Buesingen am Hochrhein", "DE", "Büsingen"),
        ("DE", "CH-8238", "BÜSINGEN", "DE", "Büsingen"),
        ("ES", "35001", "", "ES_CN", "Kanarische Inseln"),
        ("ES", "38 999", "", "ES_CN", "Kanarische Inseln"),
        ("ES", "E-38999", "", "ES_CN", "Kanarische Inseln"),
        ("ES_CN", "", "", "ES_CN", "Kanarische Inseln"),
        ("ES", "51001", "", "ES", "Ceuta"),
        ("ES", "", "Ceuta", "ES", "Ceuta"),
        ("ES", "52006", "Melilla", "ES", "Melilla"),
        ("FI", "22100", "", "AX", "Åland"),
        ("FI", "AX-22100", "Mariehamn", "AX", "Åland"),
        ("AX", "22100", "Mariehamn", "AX", "Åland"),
        ("IT", "23041", "", "IT", "Livigno"),
        ("IT", "23030", "Livigno (SO)", "IT", "Livigno"),
        ("IT", "22060", "Campione d'Italia", "IT", "Campione d'Italia"),
        ("IT", "22061", "", "IT", "Campione d'Italia"),
        ("IT", "47890", "San Marino", "SM", "San Marino"),
        ("IT", "47899", "Serravalle", "SM", "San Marino"),
        ("IT", "", "Repubblica di San Marino", "SM", "San Marino"),
        ("IT", "SM-47893", "Borgo Maggiore", "SM", "San Marino"),
        ("IT", "00120", "", "VA", "Vatikanstadt"),
        ("IT", "00120", "Città del Vaticano", "VA", "Vatikanstadt"),
        ("GR", "63086", "", "GR_69", "Athos"),
        ("EL", "630 86", "Karyes", "GR_69", "Athos"),
        ("GR_69", "", "", "GR_69", "Athos"),
        ("FR", "97100", "", "GP", "Guadeloupe"),
        ("FR", "97200", "", "MQ", "Martinique"),
        ("FR", "97300", "", "GF", "Französisch-Guayana"),
        ("FR", "97400", "", "RE", "Réunion"),
        ("FR", "97600", "", "YT", "Mayotte"),
        ("FR", "97500", "", "FR", "französisches Überseegebiet"),
        ("FR", "98800", "", "FR", "französisches Überseegebiet"),
        ("GP", "97100", "", "GP", "Guadeloupe"),
        ("MF", "97150", "", "MF", "Saint-Martin"),
        ("DK", "FO-100", "Tórshavn", "FO", "Färöer"),
        ("DK", "3900", "Nuuk", "GL", "Grönland"),
        ("FO", "100", "Tórshavn", "FO", "Färöer"),
        ("GL", "3900", "Nuuk", "GL", "Grönland"),
        ("CY", "99010", "", "CY", "Nordzypern"),
    ],
)
def test_special_territories_lie_outside_the_vat_area_r30(
    country: str, zip_code: str, city: str, code: str, territory: str
) -> None:
    assert place(country, zip_code, city) == Place(code, None, territory)


@pytest.mark.parametrize(
    ("country", "zip_code", "city", "expected"),
    [
        ("FR", "98000", "Monaco", Place("MC", "FR", "Monaco")),
        ("MC", "MC-98000", "Monaco", Place("MC", "FR", "Monaco")),
        ("GB", "BT1 5GS", "Belfast", Place("XI", "XI", "Nordirland")),
        ("UK", "bt9 7ab", "Belfast", Place("XI", "XI", "Nordirland")),
        ("XI", "", "", Place("XI", "XI", "Nordirland")),
        ("GB", "B1 1AA", "Birmingham", Place("GB", None)),
        ("EL", "10431", "Athen", Place("GR", "GR")),
        ("IE", "D02 X285", "Dublin", Place("IE", "IE")),
        ("IE", "", "Cork", Place("IE", "IE")),
        ("IM", "IM1 1AA", "Douglas", Place("IM", None)),
        ("DE", "27499", "Neuwerk", Place("DE", "DE")),
        ("DE", "78267", "Singen", Place("DE", "DE")),
        ("ES", "35", "", Place("ES", "ES")),
        ("ES", "28035", "Madrid", Place("ES", "ES")),
        ("ES", "07001", "Palma", Place("ES", "ES")),
        ("FI", "02200", "Espoo", Place("FI", "FI")),
        ("IT", "23030", "Valdidentro", Place("IT", "IT")),
        ("IT", "22060", "Cabiate", Place("IT", "IT")),
        ("IT", "22060", "", Place("IT", "IT")),
        ("IT", "00121", "Roma", Place("IT", "IT")),
        ("IT", "38058", "San Martino di Castrozza", Place("IT", "IT")),
        ("IT", "40010", "San Marino di Bentivoglio", Place("IT", "IT")),
        ("GR", "23063", "Karyes", Place("GR", "GR")),
        ("AT", "6700", "Bludenz", Place("AT", "AT")),
        ("DE", "87561", "Oberstdorf", Place("DE", "DE")),
        ("DE", "87490", "Haldenwang", Place("DE", "DE")),
        ("FR", "20000", "Ajaccio", Place("FR", "FR", "Korsika", "FR_CORSICA")),
        ("FR", "75097", "Paris", Place("FR", "FR")),
        ("DK", "1000", "København", Place("DK", "DK")),
        ("PT", "9000-001", "Funchal", Place("PT", "PT", "Madeira", "PT_MADEIRA")),
        ("PT", "9700", "Angra", Place("PT", "PT", "Azoren", "PT_AZORES")),
        ("GR", "853 00", "Kos", Place("GR", "GR", "Ägäische Inseln", "GR_ISLANDS")),
        ("GR", "814 00", "Limnos", Place("GR", "GR")),
        ("CY", "1010", "Nikosia", Place("CY", "CY")),
        ("LT", "LT-01100", "Vilnius", Place("LT", "LT")),
        ("NL", "1011 AB", "Amsterdam", Place("NL", "NL")),
        ("AT", "A-1010", "Wien", Place("AT", "AT")),
        ("de ", " 10115", "Berlin", Place("DE", "DE")),
    ],
)
def test_what_lies_beside_a_territory_is_not_taken_for_it_r30(
    country: str, zip_code: str, city: str, expected: Place
) -> None:
    assert place(country, zip_code, city) == expected


@pytest.mark.parametrize(
    ("country", "zip_code", "city", "territory"),
    [
        ("DE", "87491", "Jungholz", "Jungholz"),
        ("DE", "D-87567", "Riezlern", "Mittelberg"),
        ("DE", "87568", "Hirschegg", "Mittelberg"),
        ("DE", "87569", "", "Mittelberg"),
        ("AT", "D-87568", "Hirschegg", "Mittelberg"),
        ("AT", "87491", "Jungholz", "Jungholz"),
        ("AT", "6691", "Jungholz", "Jungholz"),
        ("AT", "6993", "Mittelberg", "Mittelberg"),
    ],
)
def test_austrian_villages_with_german_postcodes_lie_in_austria_r30(
    country: str, zip_code: str, city: str, territory: str
) -> None:
    assert place(country, zip_code, city) == Place("AT", "AT", territory, "AT_BORDER")


@pytest.mark.parametrize("country", [None, "", "QQ", "EU", "DEU", "Deutschland", "D", "\x00", "ES_XX", "🇩🇪"])
def test_a_country_nobody_knows_is_never_guessed_r30(country: str | None) -> None:
    assert place(country, "10115", "Berlin") is UnclearPlace.UNKNOWN


def test_no_address_is_no_place() -> None:
    assert place_of(None) is UnclearPlace.UNKNOWN


@pytest.mark.parametrize(
    ("country", "zip_code", "city"),
    [
        ("DE", "A-1010", "Wien"),
        ("AT", "D-10115", "Berlin"),
        ("DE", "CH-8001", "Zürich"),
        ("SK", "CZ-11000", "Prag"),
        ("DE", "20095", "Helgoland"),
        ("IT", "20121", "Livigno"),
        ("ES", "28001", "Ceuta"),
        ("IT", "20121", "San Marino"),
        ("IT", "20121", "Campione d'Italia"),
        ("DE", "A-6991", "Riezlern"),
        ("IE", "BT1 5GS", "Belfast"),
        ("DE", "FL-9490", "Vaduz"),
    ],
)
def test_country_and_postcode_that_name_different_places_are_a_doubt_r30(
    country: str, zip_code: str, city: str
) -> None:
    assert place(country, zip_code, city) is UnclearPlace.CONTRADICTORY
