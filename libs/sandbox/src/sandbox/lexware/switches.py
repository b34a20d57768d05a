"""The switches of the Lexware Office simulator; the defaults are the behaviour of the real system."""

from dataclasses import dataclass

from sandbox.switches import Switches


@dataclass
class LexwareSwitches(Switches):
    """All waits in sandbox seconds, lifetimes in real seconds."""

    rate_limit: bool = True
    rate: float = 2.0  # requests per second and connection over all endpoints
    capacity: float = 4.0  # of the token bucket
    read_lag: float = 1.0  # until GET by id shows a write
    search_lag: float = 3.0  # until voucherlist and the filters show it
    contact_lag: float = 1.0  # until a new contact is accepted as `contactId`
    upload_lag: float = 0.0  # until a new voucher takes a file
    refuse_voucher_status: bool = True  # in POST and PUT of vouchers
    check_tax_free_contact: bool = True  # VAT id and allowTaxFreeInvoices for intra-community supply
    refuse_files_when_locked: bool = False  # uploads to paid or otherwise locked vouchers
    check_phones: bool = True  # numbers over 30 characters or with letters in them are refused
    download_as_json: bool = True  # a file is also served to who accepts `application/json` only
    dedupe_files: bool = True  # the same content once more gives the id of the file that exists
    undated_row: str = "null"  # how the list shows a voucher without date: "null", "absent" or "hidden"
    undated_in_date_filters: bool = False  # whether a filter by voucher date lets it through
    voucher_conflict_status: int = 409  # 409 or 406: answer to a stale voucher version
    contact_conflict_status: int = 406  # 409 or 406: answer to a stale contact version
    contact_create_status: int = 200  # 200 or 201
    code_lifetime: float = 300.0
    access_token_lifetime: float = 14399.0
    consent: bool = True  # what the user answers on the authorize page
    consent_organization: str = ""  # who answers; empty = the demo organization
