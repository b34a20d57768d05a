"""What makes a parked document worth another try besides a person who asks: pure lookups by reason.

The writer puts documents back in line by these tables, so what a text says about its reason is what happens.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from common.domain.merchant import MerchantSettings
from common.domain.reasons.codes import BY_RATE_TABLE, Reason, ReleasedBy
from common.domain.reasons.table import REASONS
from common.domain.setting_blocks import curing_settings

FIELDS = frozenset(MerchantSettings.model_fields)
CATEGORY_FIELDS = frozenset(name for name in FIELDS if "category" in name) | {"zero_rates"}
CURING_SETTINGS = curing_settings(MerchantSettings)  # as each setting says of itself

_OF_CATEGORIES = (
    Reason.CATEGORY_MISSING,
    Reason.CATEGORY_NOT_INCOME,
    Reason.CATEGORY_SINGLE_RATE,
)
_OF_UNTAXED = (  # nothing of this is asked once the books say that the seller is a small business
    Reason.ZERO_RATE_UNMAPPED,
    Reason.ZERO_RATE_TO_COMPANY,
    Reason.BUYER_VAT_ID_FOREIGN,
    Reason.VAT_ID_MISSING,
    Reason.VAT_ID_MALFORMED,
    Reason.VAT_ID_OF_OTHER_STATE,
    Reason.VAT_ID_NOT_FOREIGN,
    Reason.VAT_CHECK_PENDING,
    Reason.VAT_ID_INVALID,
    Reason.COMPANY_NAME_MISSING,
    Reason.CUSTOMER_UNUSABLE,
    Reason.MARGIN_SCHEME,
)
_OF_PLACE = (  # services are taxed at the invoice address, goods where they are delivered
    Reason.GOODS_AND_SERVICES_MIXED,
    Reason.TAX_SHOWN_ON_EXPORT,
    Reason.TAX_SHOWN_TO_COMPANY,
    Reason.RATE_UNKNOWN,
    Reason.RATE_NOT_VALID_ON_DATE,
    Reason.RATE_OF_OTHER_COUNTRY,
    Reason.VAT_ID_MISSING,
    Reason.VAT_ID_OF_OTHER_STATE,
    Reason.VAT_ID_NOT_FOREIGN,
)
_PLACING = frozenset({"sells", "service_tax_classes", "on_site_tax_classes", "pickup_shipping_methods"})
_SETTINGS_OF: Mapping[Reason, frozenset[str]] = MappingProxyType(
    {
        Reason.TRANSFER_PAUSED: frozenset({"mode"}),
        Reason.DISTANCE_SALES_SWITCHED_OFF: frozenset({"distance_sales"}),
        Reason.DISTANCE_SALES_MISMATCH: frozenset({"oss_since"}),
        Reason.ZERO_RATE_TO_COMPANY: frozenset({"domestic_zero_to_companies"}),
        Reason.ZERO_RATE_UNMAPPED: frozenset({"zero_rates", "domestic_zero_category_id"}),
        Reason.MULTI_PURPOSE_VOUCHER: frozenset({"zero_rates"}),
        Reason.MARGIN_SCHEME: frozenset({"margin_category_id"}),
        Reason.COMPANY_NAME_MISSING: frozenset({"domestic_zero_to_companies", "company_only_category_ids"}),
        **dict.fromkeys(_OF_CATEGORIES, CATEGORY_FIELDS),
        **dict.fromkeys(_OF_PLACE, _PLACING),
    }
)


def _released_by(*causes: ReleasedBy) -> tuple[Reason, ...]:
    return tuple(reason for reason, text in REASONS.items() if text.released_by in causes)


def _codes(*reasons: Reason) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.value for reason in reasons))


CURED_BY_PROFILE = _codes(*_released_by(ReleasedBy.PROFILE), *_OF_CATEGORIES, *_OF_UNTAXED)
CURED_BY_CONNECTION = _codes(
    *_released_by(ReleasedBy.CONNECTION),
    Reason.PROFILE_UNAVAILABLE,
    Reason.BOOKS_UNAVAILABLE,
    Reason.CONTRACT_PROBLEM,
)
CURED_BY_ORIGINAL = _codes(*_released_by(ReleasedBy.DOCUMENT), Reason.ORIGINAL_WAITING)
CURED_WHEN_ACCEPTED = _codes(Reason.CONTRACT_PROBLEM)  # nobody tells us; one document an hour tries
CURED_BY_TABLE = _codes(*(reason for reason in Reason if reason in BY_RATE_TABLE))
ONLY_ONE_BY_ONE = _codes(Reason.DOCUMENT_CONFLICT, Reason.VOUCHER_DELETED)
LOOKED_FOR_AGAIN = _codes(Reason.WRITE_UNSETTLED)  # every few minutes, until a search says something
IN_DOUBT = _codes(
    Reason.DOCUMENT_CONFLICT,
    Reason.VOUCHER_DELETED,
    Reason.INTERNAL_ERROR,
    Reason.ATTEMPTS_USED_UP,
    Reason.WRITE_UNSETTLED,
    Reason.NUMBER_TAKEN_IN_BOOKS,
    Reason.MARKER_MISSING_IN_BOOKS,
    Reason.DUPLICATE_IN_BOOKS,
    Reason.SAME_DOCUMENT_ELSEWHERE,
)
ITS_OWN_MESSAGE_WAITS = _codes(Reason.WRITE_UNCONFIRMED, Reason.SAME_DOCUMENT_ELSEWHERE, Reason.DELAYED)

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


def settings_of(reason: Reason) -> frozenset[str]:
    """The settings whose change may cure the reason; empty when none can."""
    if reason not in _SETTINGS_OF and REASONS[reason].released_by is not ReleasedBy.SETTINGS:
        return frozenset()
    return _SETTINGS_OF.get(reason, CURING_SETTINGS)


def cured_by_settings(changed: Collection[str] | None) -> tuple[str, ...]:
    """The reasons that a change of these settings may have cured; of any setting when it is not known."""
    fields = CURING_SETTINGS if changed is None else frozenset(changed)
    return _codes(*(reason for reason in Reason if settings_of(reason) & fields))
