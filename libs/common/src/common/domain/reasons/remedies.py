"""What makes a parked document worth another try besides a person who asks: pure lookups by reason.

The writer puts documents back in line by these tables, so what a text says about its reason is what happens.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from common.domain.merchant import MerchantSettings
from common.domain.reasons.codes import BY_RATE_TABLE, DocumentReason
from common.domain.reasons.table import DOCUMENT_REASONS, REASONS
from common.domain.reasons.text import ReleasedBy
from common.domain.setting_blocks import curing_settings

FIELDS = frozenset(MerchantSettings.model_fields)
CATEGORY_FIELDS = frozenset(name for name in FIELDS if "category" in name) | {"zero_rates"}
CURING_SETTINGS = curing_settings(MerchantSettings)  # as each setting says of itself

_OF_CATEGORIES = (
    DocumentReason.CATEGORY_MISSING,
    DocumentReason.CATEGORY_NOT_INCOME,
    DocumentReason.CATEGORY_SINGLE_RATE,
)
_OF_UNTAXED = (  # nothing of this is asked once the books say that the seller is a small business
    DocumentReason.ZERO_RATE_UNMAPPED,
    DocumentReason.ZERO_RATE_TO_COMPANY,
    DocumentReason.BUYER_VAT_ID_FOREIGN,
    DocumentReason.VAT_ID_MISSING,
    DocumentReason.VAT_ID_MALFORMED,
    DocumentReason.VAT_ID_OF_OTHER_STATE,
    DocumentReason.VAT_ID_NOT_FOREIGN,
    DocumentReason.VAT_CHECK_PENDING,
    DocumentReason.VAT_ID_INVALID,
    DocumentReason.COMPANY_NAME_MISSING,
    DocumentReason.CUSTOMER_UNUSABLE,
    DocumentReason.MARGIN_SCHEME,
)
_OF_PLACE = (  # services are taxed at the invoice address, goods where they are delivered
    DocumentReason.GOODS_AND_SERVICES_MIXED,
    DocumentReason.TAX_SHOWN_ON_EXPORT,
    DocumentReason.TAX_SHOWN_TO_COMPANY,
    DocumentReason.RATE_UNKNOWN,
    DocumentReason.RATE_NOT_VALID_ON_DATE,
    DocumentReason.RATE_OF_OTHER_COUNTRY,
    DocumentReason.VAT_ID_MISSING,
    DocumentReason.VAT_ID_OF_OTHER_STATE,
    DocumentReason.VAT_ID_NOT_FOREIGN,
)
_PLACING = frozenset({"sells", "service_tax_classes", "on_site_tax_classes", "pickup_shipping_methods"})
_SETTINGS_OF: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        DocumentReason.TRANSFER_PAUSED: frozenset({"mode"}),
        DocumentReason.DISTANCE_SALES_SWITCHED_OFF: frozenset({"distance_sales"}),
        DocumentReason.DISTANCE_SALES_MISMATCH: frozenset({"oss_since"}),
        DocumentReason.ZERO_RATE_TO_COMPANY: frozenset({"domestic_zero_to_companies"}),
        DocumentReason.ZERO_RATE_UNMAPPED: frozenset({"zero_rates", "domestic_zero_category_id"}),
        DocumentReason.MULTI_PURPOSE_VOUCHER: frozenset({"zero_rates"}),
        DocumentReason.MARGIN_SCHEME: frozenset({"margin_category_id"}),
        DocumentReason.COMPANY_NAME_MISSING: frozenset(
            {"domestic_zero_to_companies", "company_only_category_ids"}
        ),
        **dict.fromkeys(_OF_CATEGORIES, CATEGORY_FIELDS),
        **dict.fromkeys(_OF_PLACE, _PLACING),
    }
)


def _released_by(*causes: ReleasedBy) -> tuple[DocumentReason, ...]:
    return tuple(reason for reason, text in DOCUMENT_REASONS.items() if text.released_by in causes)


def _codes(*reasons: DocumentReason) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.value for reason in reasons))


CURED_BY_PROFILE = _codes(*_released_by(ReleasedBy.PROFILE), *_OF_CATEGORIES, *_OF_UNTAXED)
CURED_BY_CONNECTION = _codes(
    *_released_by(ReleasedBy.CONNECTION),
    DocumentReason.PROFILE_UNAVAILABLE,
    DocumentReason.BOOKS_UNAVAILABLE,
    DocumentReason.CONTRACT_PROBLEM,
)
CURED_BY_ORIGINAL = _codes(*_released_by(ReleasedBy.DOCUMENT), DocumentReason.ORIGINAL_WAITING)
CURED_WHEN_ACCEPTED = _codes(DocumentReason.CONTRACT_PROBLEM)  # nobody tells us; one document an hour tries
CURED_BY_TABLE = _codes(*(reason for reason in DocumentReason if reason in BY_RATE_TABLE))
ONLY_ONE_BY_ONE = _codes(DocumentReason.DOCUMENT_CONFLICT, DocumentReason.VOUCHER_DELETED)
LOOKED_FOR_AGAIN = _codes(DocumentReason.WRITE_UNSETTLED)  # every few minutes, until a search says something
IN_DOUBT = _codes(
    DocumentReason.DOCUMENT_CONFLICT,
    DocumentReason.VOUCHER_DELETED,
    DocumentReason.INTERNAL_ERROR,
    DocumentReason.ATTEMPTS_USED_UP,
    DocumentReason.WRITE_UNSETTLED,
    DocumentReason.NUMBER_TAKEN_IN_BOOKS,
    DocumentReason.MARKER_MISSING_IN_BOOKS,
    DocumentReason.DUPLICATE_IN_BOOKS,
    DocumentReason.SAME_DOCUMENT_ELSEWHERE,
)
ITS_OWN_MESSAGE_WAITS = _codes(
    DocumentReason.WRITE_UNCONFIRMED, DocumentReason.SAME_DOCUMENT_ELSEWHERE, DocumentReason.DELAYED
)

BEFORE_START, ORIGINAL_EXCLUDED, BOOKED_BY_HAND = "before_start_date", "original_excluded", "booked_by_hand"
EXCLUDED_BY_PERSON = "excluded_by_person"
SURPLUS_DELETED = "surplus_voucher_deleted"  # its voucher was one too many; that of the same document stays
LASTING_EXCLUSIONS = (  # no setting brings these back
    "zero_total",
    ORIGINAL_EXCLUDED,
    BOOKED_BY_HAND,
    SURPLUS_DELETED,
    EXCLUDED_BY_PERSON,
)
START_FIELD = "start_on"
EXCLUDING_FIELDS = frozenset(name for name in FIELDS if name.startswith("exclude"))


def settings_of(code: str) -> frozenset[str]:
    """The settings whose change may cure the reason; empty when none can. Raises KeyError."""
    named = _SETTINGS_OF.get(code)
    if named is None and REASONS[code].released_by is not ReleasedBy.SETTINGS:
        return frozenset()
    return CURING_SETTINGS if named is None else named


def cured_by_settings(changed: Collection[str] | None) -> tuple[str, ...]:
    """The reasons that a change of these settings may have cured; of any setting when it is not known."""
    fields = CURING_SETTINGS if changed is None else frozenset(changed)
    return _codes(*(reason for reason in DocumentReason if settings_of(reason) & fields))
