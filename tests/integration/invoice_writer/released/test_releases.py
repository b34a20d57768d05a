"""For every reason: what puts its documents back in line by itself, and that a person always can."""

from uuid import uuid4

import pytest

from common.db.dialect import db_now
from common.db.payer_keys import PayerKeys
from common.db.secrets import Secrets
from common.domain.merchant import MerchantSettings
from common.domain.reasons import DOCUMENT_REASONS, DocumentReason, ReleasedBy
from common.lexware.connect import LexwareClients
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.releases import carry_out, in_line, look, numbers, park, portions, release
from invoice_writer.context import TenantContexts
from invoice_writer.deciding import BooksProfiles
from invoice_writer.lists import Readings

FIELDS = (
    "mode",
    "distance_sales",
    "oss_since",
    "sells",
    "domestic_zero_to_companies",
    "category_id",
    "export_category_id",
    "zero_rates",
    "domestic_zero_category_id",
    "margin_category_id",
)
CATEGORY = {field for field in FIELDS if "category" in field} | {"zero_rates"}
ONLY_A_PERSON: set[str] = set()
WAYS: dict[DocumentReason, set[str]] = {
    DocumentReason.TRANSFER_PAUSED: {"mode"},
    DocumentReason.PROFILE_UNAVAILABLE: {"profile", "connection"},
    DocumentReason.BOOKKEEPING_UNAVAILABLE: {"profile"},
    DocumentReason.SELLER_TAX_EXEMPT: {"profile"},
    DocumentReason.SMALL_BUSINESS_TAXED: {"profile"},
    DocumentReason.CATEGORY_MISSING: CATEGORY | {"profile"},
    DocumentReason.CATEGORY_NOT_INCOME: CATEGORY | {"profile"},
    DocumentReason.CATEGORY_SINGLE_RATE: CATEGORY | {"profile"},
    DocumentReason.NUMBER_MISSING: ONLY_A_PERSON,
    DocumentReason.NUMBER_TOO_LONG: ONLY_A_PERSON,
    DocumentReason.NUMBER_UNUSABLE: ONLY_A_PERSON,
    DocumentReason.ISSUE_DATE_MISSING: ONLY_A_PERSON,
    DocumentReason.DOCUMENT_CONFLICT: ONLY_A_PERSON,
    DocumentReason.NOT_EURO: ONLY_A_PERSON,
    DocumentReason.COUNTRY_UNKNOWN: ONLY_A_PERSON,
    DocumentReason.COUNTRY_CONTRADICTORY: ONLY_A_PERSON,
    DocumentReason.GOODS_AND_SERVICES_MIXED: {"sells"},
    DocumentReason.DISTANCE_SALES_SWITCHED_OFF: {"distance_sales"},
    DocumentReason.DISTANCE_SALES_UNSET: {"profile"},
    DocumentReason.DISTANCE_SALES_MISMATCH: {"profile", "oss_since"},
    DocumentReason.ZERO_RATE_TO_COMPANY: {"domestic_zero_to_companies", "profile"},
    DocumentReason.VAT_ID_MISSING: {"sells", "profile"},
    DocumentReason.VAT_ID_MALFORMED: {"profile"},
    DocumentReason.VAT_ID_OF_OTHER_STATE: {"sells", "profile"},
    DocumentReason.VAT_ID_NOT_FOREIGN: {"sells", "profile"},
    DocumentReason.VAT_CHECK_PENDING: {"time", "profile"},  # and by the answer: tests of VAT checks
    DocumentReason.VAT_ID_INVALID: {"profile"},
    DocumentReason.COMPANY_NAME_MISSING: {"domestic_zero_to_companies", "profile"},
    DocumentReason.CUSTOMER_UNUSABLE: {"profile"},
    DocumentReason.CONTACT_REJECTED: ONLY_A_PERSON,
    DocumentReason.BUYER_VAT_ID_FOREIGN: {"profile"},
    DocumentReason.RATE_MISSING: ONLY_A_PERSON,
    DocumentReason.RATE_UNKNOWN: {"sells"},
    DocumentReason.RATE_TABLE_GAP: {"table"},
    DocumentReason.RATE_NOT_VALID_ON_DATE: {"sells"},
    DocumentReason.RATE_OF_OTHER_COUNTRY: {"sells"},
    DocumentReason.ZERO_RATE_UNMAPPED: {"zero_rates", "domestic_zero_category_id", "profile"},
    DocumentReason.MULTI_PURPOSE_VOUCHER: {"zero_rates"},
    DocumentReason.ZERO_RATE_UNEXPLAINED: ONLY_A_PERSON,
    DocumentReason.TAX_SHOWN_ON_EXPORT: {"sells"},
    DocumentReason.TAX_SHOWN_TO_COMPANY: {"sells"},
    DocumentReason.MARGIN_SCHEME: {"margin_category_id", "profile"},
    DocumentReason.CORRECTION_EXCEEDS_INVOICE: ONLY_A_PERSON,
    DocumentReason.EINVOICE_DIFFERS: ONLY_A_PERSON,
    DocumentReason.TAX_MODEL_UNKNOWN: ONLY_A_PERSON,
    DocumentReason.AMOUNTS_DO_NOT_ADD_UP: ONLY_A_PERSON,
    DocumentReason.TAX_SPLIT_UNCLEAR: ONLY_A_PERSON,
    DocumentReason.DISCOUNT_EXCEEDS_GOODS: ONLY_A_PERSON,
    DocumentReason.DEPOSIT_WITHOUT_LINE: ONLY_A_PERSON,
    DocumentReason.MIXED_SIGNS: ONLY_A_PERSON,
    DocumentReason.NEGATIVE_INVOICE: ONLY_A_PERSON,
    DocumentReason.ORIGINAL_MISSING: {"invoice", "time"},
    DocumentReason.ORIGINAL_WAITING: {"invoice", "time"},
    DocumentReason.ORIGINAL_PARKED: {"invoice"},
    DocumentReason.ORIGINAL_UNCLEAR: {"invoice"},
    DocumentReason.ORIGINAL_CHANGED: ONLY_A_PERSON,  # the books do not tell when a voucher is right again
    DocumentReason.IN_LINE: {"time"},
    DocumentReason.INTERNAL_ERROR: ONLY_A_PERSON,
    DocumentReason.WRITE_UNCONFIRMED: ONLY_A_PERSON,  # its own message is still in line
    DocumentReason.WRITE_UNSETTLED: ONLY_A_PERSON,  # looked for again by a time that is not set here
    DocumentReason.DELAYED: ONLY_A_PERSON,  # its own message is still in line
    DocumentReason.ATTEMPTS_USED_UP: ONLY_A_PERSON,
    DocumentReason.VOUCHER_REJECTED: ONLY_A_PERSON,
    DocumentReason.LOCKED_PERIOD: ONLY_A_PERSON,  # the books do not tell when a period is opened again
    DocumentReason.CONTRACT_PROBLEM: {"connection", "trial"},
    DocumentReason.NUMBER_TAKEN_IN_BOOKS: ONLY_A_PERSON,
    DocumentReason.MARKER_MISSING_IN_BOOKS: ONLY_A_PERSON,
    DocumentReason.DUPLICATE_IN_BOOKS: ONLY_A_PERSON,
    DocumentReason.VOUCHER_DELETED: ONLY_A_PERSON,
    DocumentReason.SAME_DOCUMENT_ELSEWHERE: ONLY_A_PERSON,
    DocumentReason.BOOKS_NOT_CONNECTED: {"connection"},
    DocumentReason.BOOKS_UNAVAILABLE: {"connection", "time"},
    DocumentReason.BOOKS_UNREADABLE: {"time"},
    DocumentReason.RECONNECT_NEEDED: {"connection"},
    DocumentReason.CONNECTION_HALTED: {"connection"},
    DocumentReason.ORGANIZATION_CHANGED: {"connection"},
}
PROMISED = {
    ReleasedBy.SETTINGS: set(FIELDS),
    ReleasedBy.PROFILE: {"profile"},
    ReleasedBy.CONNECTION: {"connection"},
    ReleasedBy.DOCUMENT: {"invoice"},
}
BESIDES = {"connection", "trial", "profile", "sells", "domestic_zero_to_companies"}  # of what people settle
WAITING = {
    reason for reason, text in DOCUMENT_REASONS.items() if text.waits or text.released_by is ReleasedBy.TIME
}


def expected(way: str) -> set[str]:
    return {reason.value for reason, ways in WAYS.items() if way in ways}


async def read_profile(writer: Writer) -> None:
    """The seller's profile is read as the writer reads it when it is in doubt."""
    settings = writer.settings()
    secrets = Secrets(settings.encryption_keys)
    clients = LexwareClients(writer.db, secrets, settings.lexware, writer.network)
    context = await TenantContexts(writer.db, PayerKeys(writer.db, secrets)).get(writer.tenant_id)
    assert context.books is not None
    client = await clients.for_connection(writer.tenant_id, writer.books_id)
    profiles = BooksProfiles(writer.db, Readings(writer.db, settings.readings))
    await profiles.reread(writer.tenant_id, context.books, client)


def test_table_names_every_reason_and_keeps_what_the_texts_promise() -> None:
    assert set(WAYS) == set(DocumentReason)
    for reason, text in DOCUMENT_REASONS.items():
        if text.released_by in PROMISED:
            assert WAYS[reason] & PROMISED[text.released_by], reason
        if text.released_by is ReleasedBy.PERSON:
            assert WAYS[reason] <= BESIDES, reason


@pytest.mark.parametrize("field", FIELDS)
async def test_changed_setting_releases_only_what_it_may_cure(writer: Writer, field: str) -> None:
    await park(writer, *DocumentReason)
    await carry_out(writer, release(writer, released_by="settings", settings=(field,)))
    assert await numbers(writer) == expected(field)


@pytest.mark.parametrize("field", ["poll_interval_seconds", "send_pdf"])
async def test_unrelated_setting_releases_nothing(writer: Writer, field: str) -> None:
    await park(writer, *DocumentReason)
    assert await carry_out(writer, release(writer, released_by="settings", settings=(field,))) == 0
    assert field in MerchantSettings.model_fields


async def test_connecting_releases_what_the_connection_held_up(writer: Writer) -> None:
    await park(writer, *DocumentReason)
    await carry_out(writer, release(writer, released_by="connection"))
    assert await numbers(writer) == expected("connection")


async def test_changed_profile_releases_what_it_held_up(writer: Writer) -> None:
    await park(writer, *DocumentReason)
    await read_profile(writer)
    await portions(writer)
    assert await numbers(writer) == expected("profile")


async def test_moved_invoice_releases_its_correction(writer: Writer) -> None:
    await park(writer, *DocumentReason)
    await look(writer)
    assert await numbers(writer) == set()
    for order_id in [f"order {reason.value}" for reason in DocumentReason]:
        invoice = {"document_id": uuid4(), "order_id": order_id, "type": "invoice", "changed_at": db_now()}
        await park(writer, DocumentReason.NOT_EURO, over=invoice)
    await look(writer)
    assert await numbers(writer) == expected("invoice")


async def test_time_releases_what_waits_for_it(writer: Writer) -> None:
    await park(writer, *sorted(WAITING), status="waiting", over={"waits_until": db_now(-1.0)})
    await look(writer)
    assert await numbers(writer) == expected("time")


async def test_books_that_accept_again_release_what_they_denied(writer: Writer) -> None:
    await park(writer, *DocumentReason, over={"changed_at": db_now(-3700.0)})
    booked = {"document_id": uuid4(), "order_id": "other", "type": "invoice", "changed_at": db_now()}
    await park(writer, DocumentReason.NOT_EURO, status="booked", over=booked)
    await look(writer)
    assert await numbers(writer) == expected("trial")


async def test_person_can_ask_for_all_documents_of_any_one_reason(writer: Writer) -> None:
    await park(writer, *DocumentReason)
    for reason in DocumentReason:
        await carry_out(writer, release(writer, released_by="person", reasons=(reason.value,)))
        assert [command.number for command in await in_line(writer)][-1] == reason.value
    assert len(await in_line(writer)) == len(DocumentReason)


async def test_person_may_name_what_exactly_is_missing(writer: Writer) -> None:
    for category in ("first", "second"):
        named = {"document_id": uuid4(), "number": category, "params": {"category_id": category}}
        await park(writer, DocumentReason.CATEGORY_MISSING, over=named)
    about = {"reasons": (DocumentReason.CATEGORY_MISSING.value,), "about": {"category_id": "second"}}
    await carry_out(writer, release(writer, released_by="person", **about))
    assert await numbers(writer) == {"second"}


async def test_person_who_asks_again_gets_another_try_and_a_repeated_command_none(writer: Writer) -> None:
    await park(writer, DocumentReason.LOCKED_PERIOD)
    command = release(writer, released_by="person", reasons=(DocumentReason.LOCKED_PERIOD.value,))
    for _ in range(2):
        await carry_out(writer, command)
    assert len(await in_line(writer)) == 1
    await carry_out(writer, command.model_copy(update={"command_id": uuid4()}))
    assert len(await in_line(writer)) == 2
