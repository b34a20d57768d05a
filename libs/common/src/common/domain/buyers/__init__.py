"""Who buys, and where that is for VAT: customers, VAT ids, territories."""

from common.domain.buyers.country_codes import HOME, NORTHERN_IRELAND
from common.domain.buyers.customers import Customer, company_name, customer_of
from common.domain.buyers.keys import (
    address_print,
    customer_keys,
    email_key,
    identity_of,
    name_print,
    number_key,
    place_key,
    shop_tag,
    vat_key,
)
from common.domain.buyers.payers import PayerHashes, PayerKey, normal_email, normal_name
from common.domain.buyers.territories import Place, UnclearPlace, place_of
from common.domain.buyers.vat_checks import VatCheck
from common.domain.buyers.vat_ids import VatId, buyers_vat_id, goods_address, vat_id_to_check

__all__ = [
    "HOME",
    "NORTHERN_IRELAND",
    "Customer",
    "PayerHashes",
    "PayerKey",
    "Place",
    "UnclearPlace",
    "VatCheck",
    "VatId",
    "address_print",
    "buyers_vat_id",
    "company_name",
    "customer_keys",
    "customer_of",
    "email_key",
    "goods_address",
    "identity_of",
    "name_print",
    "normal_email",
    "normal_name",
    "number_key",
    "place_key",
    "place_of",
    "shop_tag",
    "vat_id_to_check",
    "vat_key",
]
