"""docs/tax-cases.md, made of the rows, and what each row is explained by."""

import json

from cases.abroad import ABROAD_CASES
from cases.home import HOME_CASES
from cases.model import Booked, Excluded, TaxCase
from cases.outside import OUTSIDE_CASES
from common.domain.reasons import DocumentReason
from factories.documents import CATEGORIES

CASES: tuple[TaxCase, ...] = (*HOME_CASES, *ABROAD_CASES, *OUTSIDE_CASES)
HEAD = ("Rule", "Seller", "Buyer", "Goods", "Date", "Category", "Rate", "Contact", "Result")
INTRODUCTION = """\
# Tax cases

Who sells what to whom, and where it goes in the books. Made from the tests' own cases by `make tax-cases`;
every row is decided by the tests, and every voucher in it is posted to the simulated books, which refuse what
Lexware Office refuses. The rule numbers are those of the bookkeeping rules the tests name. *Date* is the
document's; *dispatched* or *corrects* say which other day decides the rate.

How the shop's silence is filled:

- The shop tells no tax case. Place of delivery, rates on the document, VAT id and the seller's profile do.
- Goods or services: everything is what the setting `sells` says, except products whose tax class is named in
  `service_tax_classes`.
- 0 % at home: each line by its cause, which the rules of `zero_rates` name by tax class, article number or
  words of the product. A line at 0 % whose product or tax class is called *Gutschein*, *Geschenkkarte*, *gift
  card* and the like is a multi-purpose voucher, wherever it is sold: parked until a rule with `voucher` names
  the category that owes it.
- Tax-free orders of gross shops show gross lines and a net total: booked at 0 % where the lines add up to it,
  or where taking one home rate out of each tax class gives it to the cent per part; else parked.
- § 25a: recognised by a tax class named *Differenz…* or *25a*, or by *§ 25a* or *Differenzbesteuerung* in the
  name of a line. It is parked until `margin_category_id` is set.
- Goods are fetched at the shop when the name of the shipping method says so (*Selbstabholung*, *Abholung*,
  also *in der Filiale*, *click & collect*), but not at a carrier's counter or where a carrier fetches
  something, or when `pickup_shipping_methods` names it; `on_site_tax_classes` names services on site and
  tickets. What a buyer from abroad fetches at 0 % is booked by a rule of `zero_rates` only.
- § 13b at home: only the setting `domestic_zero_to_companies` can say that 0 % to a company is that.
- The shop has no tags: the words after a `#` in an order's internal note are taken for them. It names no
  sales channel, so documents are left out by start date, tag, payment method and a total of zero only.

"""


def page() -> str:
    """The page as it must stand in docs."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_cells(case) for case in CASES)]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
    return f"{INTRODUCTION}{table}\n"


def explanations() -> str:
    """Why each row was decided so, one line per row: rules, parameters and evidence as the API shows them."""
    return "".join(f"{line}\n" for line in map(_explanation, CASES))


def _explanation(case: TaxCase) -> str:
    kept = {"rules", "params", "evidence", "waits"}
    why = case.decide().model_dump(mode="json", include=kept)
    return json.dumps({"row": [case.rule, _buyer(case), case.goods.words]} | why, ensure_ascii=False)


def _cells(case: TaxCase) -> tuple[str, ...]:
    total = f", total {case.total}" if case.total else ""
    said = (case.rule, case.seller.words, _buyer(case), f"{case.goods.words}{total}", _date(case))
    match case.result:
        case Booked() as voucher:
            names = dict.fromkeys(CATEGORIES[category_id].name for category_id, _ in voucher.items)
            rates = ", ".join(f"{rate} %" for _, rate in voucher.items)
            kind = "booked" if case.correction_of is None else "booked as credit note"
            return (*said, " / ".join(names), rates, voucher.contact, kind)
        case DocumentReason() as reason:
            return (*said, "", "", "", f"parked: `{reason.value}`")
        case Excluded() as left_out:
            return (*said, "", "", "", f"excluded: `{left_out.rule}`")


def _buyer(case: TaxCase) -> str:
    checked = f", VAT id {case.vat_check}" if case.vat_check else ""
    checked += ", waited in vain" if case.overdue else ""
    checked += ", picked up" if "shipping" in case.order else ""
    elsewhere = ", order addressed elsewhere" if "billing_address" in case.order else ""
    return f"{case.buyer.words}{checked}{elsewhere}"


def _date(case: TaxCase) -> str:
    dispatched = f", dispatched {case.dispatched_on}" if case.dispatched_on else ""
    supplied = case.original.get("supplied_on")
    of = f"{case.correction_of}" + (f" supplied {supplied}" if supplied else "")
    corrects = f", corrects {of}" if case.correction_of else ""
    return f"{case.on}{dispatched}{corrects}"
