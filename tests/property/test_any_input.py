"""Whatever arrives, deciding never raises, answers in JSON, and books only what the document says."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.domain.buyers import VatCheck, vat_id_to_check
from common.domain.deciding import decide
from common.domain.documents import (
    Address,
    Charge,
    Document,
    DocumentLine,
    DocumentType,
    Extra,
    OrderSnapshot,
    PaymentData,
    TaxModel,
    TaxShare,
)
from common.domain.merchant import ContactRule, MerchantSettings
from common.domain.money import Money, total
from common.domain.profile import SellerProfile
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Decision, Park
from factories.documents import CATEGORIES, ZERO_CATEGORY

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "1000"))

pytestmark = pytest.mark.timeout(max(300, EXAMPLES // 10))

text = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(st.characters(categories=("Cs", "Cc", "Cf", "Lo", "So"))),
    st.sampled_from(("Ä" * 300, "\u202eabc", "🚀", "a\x00b", "Helgoland", "§ 25a", "GmbH", "\ud83d")),
)
countries = st.sampled_from(
    ("DE", "AT", "FR", "GR", "EL", "GB", "XI", "CH", "ES", "ES_CN", "QQ", "", None, "\x00")
)
zips = st.one_of(text, st.sampled_from(("10115", "27498", "1010", "BT1 1AA", "35001", "A-1010", "D-78266")))
vat_ids = st.one_of(
    text, st.sampled_from(("ATU13585627", "GR094259216", "XI980780684", "DE136695976", "FR1"))
)
addresses = st.one_of(
    st.none(),
    st.builds(
        Address,
        company=text,
        first_name=text,
        last_name=text,
        street=text,
        city=text,
        email=text,
        phone=text,
        country=countries,
        zip_code=zips,
        vat_id=vat_ids,
    ),
)
money = st.builds(
    Money, st.integers(-(10**6), 10**8), st.sampled_from(("EUR", "EUR", "EUR", "EUR", "USD", ""))
)
rates = st.one_of(
    st.none(),
    st.sampled_from([Decimal(rate) for rate in ("0", "7", "19", "20", "16", "5.5", "-0", "100", "1E+40")]),
    st.decimals(allow_nan=False, allow_infinity=False),
)
moments = st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lines = st.builds(
    DocumentLine,
    line_id=st.sampled_from((None, "a", "b")),
    name=text,
    price=money,
    coupon_share=st.one_of(st.none(), money),
    rate=rates,
    tax_class=st.one_of(text, st.sampled_from(("Digital", "Differenz"))),
)
charges = {
    "price": st.one_of(st.none(), money),
    "taxes": st.lists(
        st.builds(TaxShare, rate=rates.filter(lambda r: r is not None), tax=money), max_size=3
    ).map(tuple),
}
orders = st.builds(
    OrderSnapshot,
    order_id=st.just("o-1"),
    order_number=st.text(max_size=5),
    customer_number=text,
    tax_model=st.sampled_from((TaxModel.GROSS, TaxModel.NET, None)),
    billing_address=addresses,
    shipping_address=addresses,
    shipping=st.one_of(st.none(), st.builds(Charge, name=text, **charges)),
    payment=st.one_of(st.none(), st.builds(PaymentData, name=text, provider=text, **charges)),
    dispatched_at=st.one_of(st.none(), moments),
)
extras = st.builds(Extra, kind=st.sampled_from(("deposit", "eco")), price=money)
documents = st.builds(
    Document,
    type=st.sampled_from(DocumentType),
    number=st.one_of(st.text(max_size=50), st.just("R-1")),
    issued_at=moments,
    address=addresses,
    currency=st.sampled_from(("EUR", "EUR", "EUR", "CHF")),
    gross_total=money,
    net_total=st.one_of(st.none(), money),
    tax_total=st.one_of(st.none(), money),
    lines=st.lists(lines, max_size=4).map(tuple),
    shipping=st.one_of(st.none(), money),
    coupon=st.one_of(st.none(), money),
    basket_discount=st.one_of(st.none(), money),
    extras=st.lists(st.builds(Extra, kind=st.sampled_from(("deposit", "eco")), price=money), max_size=2).map(
        tuple
    ),
)
profiles = st.builds(
    SellerProfile,
    organization_id=st.just("o"),
    tax_type=st.sampled_from(("gross", "net", "vatfree", None)),
    small_business=st.booleans(),
    distance_sales_principle=st.sampled_from(("DESTINATION", "ORIGIN", None, "OTHER")),
)
choices = st.builds(
    MerchantSettings,
    sells=st.sampled_from(("goods", "services")),
    service_tax_classes=st.sampled_from(((), ("Digital",))),
    domestic_zero_category_id=st.sampled_from((None, ZERO_CATEGORY, "unheard-of")),
    margin_category_id=st.sampled_from((None, ZERO_CATEGORY)),
    domestic_zero_to_companies=st.sampled_from(("park", "zero_rate", "reverse_charge")),
    contacts=st.sampled_from(("collective", "single", "rule")),
    contact_rule=st.builds(ContactRule, abroad=st.booleans(), companies=st.booleans()),
    excluded_payment_methods=st.sampled_from(((), ("PayPal",))),
    excluded_tags=st.sampled_from(((), ("#bar",))),
    oss_since=st.one_of(st.none(), st.dates(date(2021, 7, 1), date(2026, 1, 1))),
)
originals = st.one_of(
    st.none(),
    st.builds(
        CorrectionContext,
        candidates=st.lists(
            st.builds(
                CorrectedInvoice,
                number=st.text(max_size=5),
                issued_on=st.dates(date(2019, 1, 1), date(2030, 1, 1)),
                gross_total=money.filter(lambda amount: amount.currency == "EUR"),
                outcome=st.sampled_from(("booked", "booked", "waiting", "parked", "excluded")),
                gross_by_rate=st.one_of(st.none(), st.just({Decimal(19): Money(5000)})),
            ),
            max_size=3,
        ).map(tuple),
    ),
)


def checked(document: Document, order: OrderSnapshot, profile: SellerProfile, result: str) -> VatCheck | None:
    """The authority's answer about the id that is worth asking for."""
    vat_id = vat_id_to_check(document, order, profile)
    if vat_id is None:
        return None
    values = {"vat_id": vat_id, "result": result, "checked_at": datetime(2025, 1, 1, tzinfo=UTC)}
    return VatCheck.model_validate(values)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    document=documents,
    order=orders,
    profile=profiles,
    choice=choices,
    original=originals,
    result=st.sampled_from(("valid", "invalid", "unavailable")),
)
def test_no_input_raises_and_what_is_booked_is_the_documents_total_r15(
    document: Document,
    order: OrderSnapshot,
    profile: SellerProfile,
    choice: MerchantSettings,
    original: CorrectionContext | None,
    result: str,
) -> None:
    check = checked(document, order, profile, result)
    args = (document, order, profile, CATEGORIES, choice)
    verdict = decide(*args, original=original, vat_check=check)
    assert decide(*args, original=original, vat_check=check) == verdict
    assert verdict.model_dump_json()
    assert verdict.rules
    if isinstance(verdict, Decision):
        assert verdict.gross_total == abs(document.gross_total)
        assert total(line.gross for line in verdict.lines) == verdict.gross_total
    elif isinstance(verdict, Park):
        assert verdict.rules[-1] == f"park.{verdict.reason.value}"
