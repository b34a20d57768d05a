"""The closed list of alarms: what a person has to look at, beside documents and their reasons."""

from dataclasses import dataclass
from enum import StrEnum

from common.domain.reasons import ActingParty


class AlarmKind(StrEnum):
    """Every kind of alarm there is; a kind never changes its meaning."""

    DUPLICATE = "duplicate"
    ADOPTED_VOUCHER_DIFFERS = "adopted_voucher_differs"
    VOUCHER_CHANGED = "voucher_changed"
    VOUCHER_DELETED = "voucher_deleted"
    EINVOICE_DIFFERS = "einvoice_differs"
    BOOKS_UNREADABLE = "books_unreadable"
    BOOKS_ROW_UNREADABLE = "books_row_unreadable"
    BOOKS_PART_TOO_LONG = "books_part_too_long"
    VAT_ID_VALID_AFTER_BOOKING = "vat_id_valid_after_booking"
    DISPATCHED_IN_OTHER_MONTH = "dispatched_in_other_month"
    RECONNECT_NEEDED = "reconnect_needed"
    OAUTH_MISCONFIGURED = "oauth_misconfigured"
    BOOKS_DENY_ACCESS = "books_deny_access"
    BOOKS_UNREACHABLE = "books_unreachable"
    API_KEY_ENDS = "api_key_ends"
    CLOCK_STEPPED = "clock_stepped"
    WRITE_UNSETTLED = "write_unsettled"
    WORK_DELAYED = "work_delayed"
    FILES_DELAYED = "files_delayed"
    SMALL_BUSINESS_TURNOVER = "small_business_turnover"
    SHOP_ITEM_UNREADABLE = "shop_item_unreadable"
    SHOP_UNREADABLE = "shop_unreadable"
    SERVICE_PART_FAILING = "service_part_failing"
    SECRETS_UNREADABLE = "secrets_unreadable"
    TENANT_HALTED = "tenant_halted"
    WORKER_HALTED = "worker_halted"
    EVENT_REFUSED = "event_refused"
    MESSAGE_BURIED = "message_buried"
    MESSAGES_MISSED = "messages_missed"
    ORDER_GAP = "order_gap"
    SHOP_LINKED_TWICE = "shop_linked_twice"
    ORGANIZATION_LINKED_TWICE = "organization_linked_twice"


@dataclass(frozen=True, slots=True)
class AlarmText:
    """Cause and remedy of an alarm in both languages, who acts, and what ends it."""

    who: ActingParty
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str
    ends_de: str
    ends_en: str
