"""What makes Lexware Office refuse a voucher: missing fields, sums, tax, rates, categories, contact."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.lexware.books import Books
from sandbox.lexware.errors import Issue, issue
from sandbox.lexware.resources.categories import (
    EU_RATES,
    GERMAN_RATES,
    INTRA_COMMUNITY,
    ROUNDING,
    Category,
    all_categories,
)
from sandbox.lexware.values import cents_exact, day_from, decimal_from, round2
from sandbox.store import Document

SALES_TYPES = ("salesinvoice", "salescreditnote")
VOUCHER_TYPES = (*SALES_TYPES, "purchaseinvoice", "purchasecreditnote")


@dataclass(frozen=True, slots=True)
class Item:
    """One voucher item whose values could be read."""

    index: int
    amount: Decimal
    tax: Decimal
    rate: Decimal
    category: Category

    def source(self, name: str) -> str:
        """Return the source of an issue about one of the item's properties."""
        return f"voucherItems[{self.index}].{name}"


@dataclass
class Draft:
    """A voucher as asked for, read as far as possible, with the issues found on the way."""

    body: dict[str, Any]
    organization: Document
    status: str
    issues: list[Issue] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    days: dict[str, str | None] = field(default_factory=dict)
    gross: Decimal | None = None
    tax: Decimal | None = None
    contact: Document | None = None

    @property
    def unchecked(self) -> bool:
        """Whether only an unchecked voucher is wanted, which may be incomplete."""
        return self.status == "unchecked"

    @property
    def collective(self) -> bool:
        """Whether the voucher goes to the collective contact."""
        return self.body.get("useCollectiveContact") is True

    def note(self, key: str, source: str) -> None:
        """Remember an issue."""
        self.issues.append(issue(key, source))


def checked_draft(body: dict[str, Any], organization: Document, status: str, books: Books) -> Draft:
    """Return the draft with every reason why the voucher must be refused."""
    draft = Draft(body, organization, status)
    _read_head(draft)
    _read_dates(draft)
    _read_items(draft)
    _check_sums(draft)
    _check_columns(draft)
    for item in draft.items:
        _check_item(draft, item)
    _check_mixing(draft)
    _check_contact(draft, books)
    return draft


def _read_head(draft: Draft) -> None:
    body = draft.body
    if body.get("type") not in VOUCHER_TYPES:
        draft.note("missing_entity" if body.get("type") is None else "invalid_value", "type")
    if body.get("taxType") not in ("net", "gross"):
        draft.note("missing_entity" if body.get("taxType") is None else "invalid_value", "taxType")
    elif draft.unchecked and body["taxType"] == "net":
        draft.note("invalid_value", "taxType")
    for name in ("voucherNumber", "remark", "contactName", "contactId"):
        if body.get(name) is not None and not isinstance(body[name], str):
            draft.note("invalid_value", name)
    if not draft.unchecked and not str(body.get("voucherNumber") or "").strip():
        draft.note("missing_entity", "voucherNumber")
    draft.gross = _read_total(draft, "totalGrossAmount")
    draft.tax = _read_total(draft, "totalTaxAmount")


def _read_total(draft: Draft, name: str) -> Decimal | None:
    value = draft.body.get(name)
    if value is None:
        if not draft.unchecked:
            draft.note("missing_entity", name)
        return None
    number = decimal_from(value)
    if number is None or number < 0 or not cents_exact(number):
        draft.note("invalid_value", name)
        return None
    return number


def _read_dates(draft: Draft) -> None:
    for name in ("voucherDate", "shippingDate", "dueDate"):
        value = draft.body.get(name)
        draft.days[name] = day_from(value)
        if value is not None and draft.days[name] is None:
            draft.note("regex_mismatch", name)
    if draft.body.get("voucherDate") is None and not draft.unchecked:
        draft.note("missing_entity", "voucherDate")
    if draft.days["shippingDate"] and draft.body.get("type") not in SALES_TYPES:
        draft.note("invalid_value", "shippingDate")
    if draft.days["dueDate"] is None and not draft.unchecked:
        draft.days["dueDate"] = draft.days["voucherDate"]
    closed_until, day = draft.organization.get("closedUntil"), draft.days["voucherDate"]
    if closed_until and day and day <= closed_until:
        draft.note("invalid_value", "voucherDate")


def _read_items(draft: Draft) -> None:
    items = draft.body.get("voucherItems")
    if items is None or items == []:
        if not draft.unchecked:
            draft.note("missing_entity", "voucherItems")
        return
    if not isinstance(items, list):
        draft.note("invalid_value", "voucherItems")
        return
    for index, item in enumerate(items):
        if isinstance(item, dict):
            _read_item(draft, index, item)
        else:
            draft.note("invalid_value", f"voucherItems[{index}]")


def _read_item(draft: Draft, index: int, item: dict[str, Any]) -> None:
    numbers: dict[str, Decimal] = {}
    for name in ("amount", "taxAmount", "taxRatePercent"):
        number = decimal_from(item.get(name))
        if item.get(name) is None:
            draft.note("missing_entity", f"voucherItems[{index}].{name}")
        elif number is None or number < 0 or (name == "amount" and number == 0) or not cents_exact(number):
            draft.note("invalid_value", f"voucherItems[{index}].{name}")
        else:
            numbers[name] = number
    category_id = item.get("categoryId")
    category = all_categories().get(category_id.lower()) if isinstance(category_id, str) else None
    if category is None:
        key = "missing_entity" if category_id is None else "invalid_value"
        draft.note(key, f"voucherItems[{index}].categoryId")
    elif len(numbers) == 3:
        draft.items.append(
            Item(index, numbers["amount"], numbers["taxAmount"], numbers["taxRatePercent"], category)
        )


def _check_sums(draft: Draft) -> None:
    if (
        draft.gross is None
        or draft.tax is None
        or len(draft.items) != len(draft.body.get("voucherItems") or ())
    ):
        return  # what could not be read is an issue already
    tax = sum((item.tax for item in draft.items), Decimal(0))
    amounts = sum((item.amount for item in draft.items), Decimal(0))
    if draft.tax != tax:
        draft.note("invalid_taxamount", "totalTaxAmount")
    if draft.gross != (amounts + tax if draft.body.get("taxType") == "net" else amounts):
        draft.note("invalid_total_amount", "totalGrossAmount")


def _check_columns(draft: Draft) -> None:
    """Each column of one category and rate must fit as a whole, and so must each of its items."""
    columns: dict[tuple[str, Decimal], list[Item]] = defaultdict(list)
    for item in draft.items:
        columns[item.category.id, item.rate].append(item)
    for column in columns.values():
        amount = sum((item.amount for item in column), Decimal(0))
        tax = sum((item.tax for item in column), Decimal(0))
        wrong = [item for item in column if item.tax != _tax_of(draft, item.amount, item.rate)]
        if not wrong and tax != _tax_of(draft, amount, column[0].rate):
            wrong = column
        for item in wrong:
            draft.note("invalid_taxamount", item.source("taxAmount"))


def _tax_of(draft: Draft, amount: Decimal, rate: Decimal) -> Decimal:
    if draft.body.get("taxType") == "net":
        return round2(amount * rate / 100)
    return round2(amount - amount / (1 + rate / 100))


def _check_item(draft: Draft, item: Item) -> None:
    sales = draft.body.get("type") in SALES_TYPES
    if item.category.type != ("income" if sales else "outgo"):
        draft.note("invalid_value", item.source("categoryId"))
    principle = draft.organization.get("distanceSalesPrinciple")
    wanted = {"destination": "DESTINATION", "origin": "ORIGIN"}.get(item.category.rates, principle)
    if wanted != principle:
        draft.note("invalid_value", item.source("categoryId"))
    allowed = {"zero": frozenset({Decimal(0)}), "destination": EU_RATES}.get(
        item.category.rates, GERMAN_RATES
    )
    if item.rate not in allowed or (sales and draft.organization["smallBusiness"] and item.rate != 0):
        draft.note("invalid_value", item.source("taxRatePercent"))


def _check_mixing(draft: Draft) -> None:
    used = {item.category.id: item.category for item in draft.items}
    if len(used) > 1 and any(one.rates in ("destination", "origin") for one in used.values()):
        draft.note("invalid_value", "voucherItems")
    rates = {item.rate for item in draft.items if item.category.id != ROUNDING}
    if len(rates) > 1:
        for item in draft.items:
            if not item.category.split_allowed:
                draft.note("invalid_value", item.source("taxRatePercent"))


def _check_contact(draft: Draft, books: Books) -> None:
    categories = [item.category for item in draft.items]
    demanded = any(category.contact_required for category in categories)
    if draft.collective:
        if demanded:
            draft.note("Missing_ContactId", "contactId")
        return
    contact_id = draft.body.get("contactId")
    if contact_id is None:
        if not draft.unchecked:
            draft.note("Missing_ContactId" if demanded else "missing_entity", "contactId")
        return
    if draft.body.get("contactName") is not None:
        draft.note("custom_contact_name_for_referenced_contact_not_allowed", "contactName")
    contact = books.contacts.as_of(str(contact_id).lower(), books.switches.contact_lag)
    role = "customer" if draft.body.get("type") in SALES_TYPES else "vendor"
    if (
        contact is None
        or contact["organizationId"] != draft.organization["id"]
        or role not in contact["roles"]
    ):
        draft.note("invalid_value", "contactId")
        return
    draft.contact = contact
    _check_contact_fits(draft, contact, categories, books.switches.check_tax_free_contact)


def _check_contact_fits(
    draft: Draft, contact: Document, categories: Iterable[Category], tax_free_checked: bool
) -> None:
    company = contact.get("company")
    for category in {category.id: category for category in categories}.values():
        if category.company_issue and company is None:
            draft.note(category.company_issue, "contactId")
        elif category.id == INTRA_COMMUNITY and company is not None and tax_free_checked:
            if not company.get("vatRegistrationId"):
                draft.note("missing_entity", "company.vatRegistrationId")
            if company.get("allowTaxFreeInvoices") is not True:
                draft.note("invalid_value", "company.allowTaxFreeInvoices")
