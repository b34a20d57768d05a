"""In what a voucher of the books is not what was decided: cents of tax pass only where tax is rounded."""

from datetime import date
from decimal import Decimal

import pytest

from common.domain.merchant import MerchantSettings
from common.lexware.wire import Voucher
from factories.documents import ZERO_CATEGORY, decide_on, euro, make_invoice, make_line
from factories.verdicts import booked
from invoice_writer.vouchers import differences

MAPPED = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)


@pytest.mark.parametrize(
    ("rates", "tax", "differs"),
    [
        (("19",), "19.01", False),
        (("19",), "19.02", True),
        (("19", "0"), "19.01", False),
        (("19", "0"), "19.02", True),
        (("0",), "0.01", True),
    ],
)
def test_tax_may_differ_by_a_cent_for_each_rate_above_zero_r16(
    rates: tuple[str, ...], tax: str, differs: bool
) -> None:
    lines = tuple(make_line("119.00", rate, line_id=rate) for rate in rates)
    whole = euro(str(119 * len(rates)))
    decision = booked(decide_on(make_invoice(gross_total=whole, lines=lines), settings=MAPPED))
    voucher = Voucher(
        id="0b6f3f6e-0000-4000-8000-00000000a001",
        type="salesinvoice",
        voucher_number=decision.voucher_number,
        voucher_on=date(2025, 3, 4),
        total_gross_amount=whole.decimal,
        total_tax_amount=Decimal(tax),
    )
    assert set(differences(decision, voucher)) == ({"tax_total"} if differs else set())
