"""The closed lists of reasons: why a document is not booked, and how a write to the books may end badly."""

from enum import StrEnum


class WriteReason(StrEnum):
    """Why a write to the books is parked or waits, whatever is written; every subject lists them."""

    WRITE_UNCONFIRMED = "write_unconfirmed"
    WRITE_UNSETTLED = "write_unsettled"
    ATTEMPTS_USED_UP = "attempts_used_up"
    MARKER_MISSING_IN_BOOKS = "marker_missing_in_books"
    DUPLICATE_IN_BOOKS = "duplicate_in_books"
    SAME_DOCUMENT_ELSEWHERE = "same_document_elsewhere"


class DocumentReason(StrEnum):
    """Why a document is parked or waiting; the value is part of the API and never changes its meaning."""

    # the merchant's own switches
    TRANSFER_PAUSED = "transfer_paused"
    # the seller in the books
    PROFILE_UNAVAILABLE = "profile_unavailable"
    BOOKKEEPING_UNAVAILABLE = "bookkeeping_unavailable"
    SELLER_TAX_EXEMPT = "seller_tax_exempt"
    SMALL_BUSINESS_TAXED = "small_business_taxed"
    # the posting category
    CATEGORY_MISSING = "category_missing"
    CATEGORY_NOT_INCOME = "category_not_income"
    CATEGORY_SINGLE_RATE = "category_single_rate"
    # form of the document
    NUMBER_MISSING = "number_missing"
    NUMBER_TOO_LONG = "number_too_long"
    NUMBER_UNUSABLE = "number_unusable"
    ISSUE_DATE_MISSING = "issue_date_missing"
    DOCUMENT_CONFLICT = "document_conflict"
    # place of supply
    NOT_EURO = "not_euro"
    COUNTRY_UNKNOWN = "country_unknown"
    COUNTRY_CONTRADICTORY = "country_contradictory"
    GOODS_AND_SERVICES_MIXED = "goods_and_services_mixed"
    # sales to consumers in other member states
    DISTANCE_SALES_SWITCHED_OFF = "distance_sales_switched_off"
    DISTANCE_SALES_UNSET = "distance_sales_unset"
    DISTANCE_SALES_MISMATCH = "distance_sales_mismatch"
    # sales to companies
    BUYER_VAT_ID_FOREIGN = "buyer_vat_id_foreign"
    ZERO_RATE_TO_COMPANY = "zero_rate_to_company"
    VAT_ID_MISSING = "vat_id_missing"
    VAT_ID_MALFORMED = "vat_id_malformed"
    VAT_ID_OF_OTHER_STATE = "vat_id_of_other_state"
    VAT_ID_NOT_FOREIGN = "vat_id_not_foreign"
    VAT_CHECK_PENDING = "vat_check_pending"
    VAT_ID_INVALID = "vat_id_invalid"
    # the customer's contact
    COMPANY_NAME_MISSING = "company_name_missing"
    CUSTOMER_UNUSABLE = "customer_unusable"
    # rates
    RATE_MISSING = "rate_missing"
    RATE_UNKNOWN = "rate_unknown"
    RATE_TABLE_GAP = "rate_table_gap"
    RATE_NOT_VALID_ON_DATE = "rate_not_valid_on_date"
    RATE_OF_OTHER_COUNTRY = "rate_of_other_country"
    ZERO_RATE_UNMAPPED = "zero_rate_unmapped"
    ZERO_RATE_UNEXPLAINED = "zero_rate_unexplained"
    MULTI_PURPOSE_VOUCHER = "multi_purpose_voucher"
    TAX_SHOWN_ON_EXPORT = "tax_shown_on_export"
    TAX_SHOWN_TO_COMPANY = "tax_shown_to_company"
    MARGIN_SCHEME = "margin_scheme"
    # amounts
    TAX_MODEL_UNKNOWN = "tax_model_unknown"
    AMOUNTS_DO_NOT_ADD_UP = "amounts_do_not_add_up"
    TAX_SPLIT_UNCLEAR = "tax_split_unclear"
    DISCOUNT_EXCEEDS_GOODS = "discount_exceeds_goods"
    DEPOSIT_WITHOUT_LINE = "deposit_without_line"
    MIXED_SIGNS = "mixed_signs"
    NEGATIVE_INVOICE = "negative_invoice"
    # the e-invoice inside the PDF
    EINVOICE_DIFFERS = "einvoice_differs"
    # corrections and their invoice
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_WAITING = "original_waiting"
    ORIGINAL_PARKED = "original_parked"
    ORIGINAL_UNCLEAR = "original_unclear"
    ORIGINAL_CHANGED = "original_changed"
    CORRECTION_EXCEEDS_INVOICE = "correction_exceeds_invoice"
    # in line and on the way into the books
    IN_LINE = "in_line"
    DELAYED = "delayed"
    INTERNAL_ERROR = "internal_error"
    WRITE_UNCONFIRMED = "write_unconfirmed"
    WRITE_UNSETTLED = "write_unsettled"
    ATTEMPTS_USED_UP = "attempts_used_up"
    VOUCHER_REJECTED = "voucher_rejected"
    LOCKED_PERIOD = "locked_period"
    CONTACT_REJECTED = "contact_rejected"
    CONTRACT_PROBLEM = "contract_problem"
    # what the books already hold
    NUMBER_TAKEN_IN_BOOKS = "number_taken_in_books"
    MARKER_MISSING_IN_BOOKS = "marker_missing_in_books"
    DUPLICATE_IN_BOOKS = "duplicate_in_books"
    SAME_DOCUMENT_ELSEWHERE = "same_document_elsewhere"
    VOUCHER_DELETED = "voucher_deleted"
    # the connection to the books
    BOOKS_NOT_CONNECTED = "books_not_connected"
    BOOKS_UNAVAILABLE = "books_unavailable"
    BOOKS_UNREADABLE = "books_unreadable"
    RECONNECT_NEEDED = "reconnect_needed"
    CONNECTION_HALTED = "connection_halted"
    ORGANIZATION_CHANGED = "organization_changed"


BY_RATE_TABLE = frozenset(  # what another table of rates may judge otherwise
    {
        DocumentReason.RATE_UNKNOWN,
        DocumentReason.RATE_TABLE_GAP,
        DocumentReason.RATE_NOT_VALID_ON_DATE,
        DocumentReason.RATE_OF_OTHER_COUNTRY,
        DocumentReason.DISTANCE_SALES_MISMATCH,
    }
)
