"""Every rule that may stand in a document's decision, explained; how amounts were split stands beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from common.domain.reasons.codes import DocumentReason
from common.domain.reasons.rule_texts_amounts import AMOUNT_RULES
from common.domain.reasons.rule_texts_exclusions import EXCLUSION_RULES
from common.domain.reasons.table import DOCUMENT_REASONS

PARKED = "park."  # before the reason that ended the decision


@dataclass(frozen=True, slots=True)
class RuleText:
    """What it means that a rule fired, in both languages."""

    de: str
    en: str


_CASES: Mapping[str, tuple[str, str]] = {
    "small_business": (
        "Kleinunternehmer (§ 19 UStG): es wird keine Umsatzsteuer ausgewiesen.",
        "Small business (§ 19 UStG): no VAT is shown.",
    ),
    "margin_scheme": (
        "Differenzbesteuerung (§ 25a UStG), in die dafür gewählte Kategorie.",
        "Margin scheme (§ 25a UStG), into the category chosen for it.",
    ),
    "domestic": (
        "In Deutschland steuerbar, mit deutschen Steuersätzen.",
        "Taxable in Germany, at German rates.",
    ),
    "domestic.zero_rate_to_company": (
        "Ohne Steuer an ein Unternehmen in Deutschland: nach den Einstellungen wie an jeden anderen Kunden.",
        "Without VAT to a company in Germany: by the settings treated as for any other customer.",
    ),
    "domestic.home_company_abroad": (
        "Deutsches Unternehmen mit deutscher USt-IdNr., Ware ins Ausland: wie ein Verkauf im Inland.",
        "German company with a German VAT id, goods sent abroad: treated as a sale at home.",
    ),
    "place.picked_up": (
        "Die Ware wurde im Laden abgeholt: Ort der Lieferung ist der Laden.",
        "The goods were picked up at the shop: it is the place of supply.",
    ),
    "place.on_site": (
        "Die Leistung wurde vor Ort erbracht: Ort der Leistung ist der Laden.",
        "The service was rendered on site: the shop is the place of supply.",
    ),
    "reverse_charge.domestic": (
        "Der Kunde schuldet die Steuer (§ 13b UStG), nach den Einstellungen.",
        "The customer owes the tax (§ 13b UStG), by the settings.",
    ),
    "reverse_charge.member_state": (
        "Dienstleistung an ein Unternehmen in einem anderen Mitgliedstaat: der Kunde schuldet die Steuer.",
        "Service to a company in another member state: the customer owes the tax.",
    ),
    "intra_community_supply": (
        "Innergemeinschaftliche Lieferung an ein Unternehmen mit geprüfter USt-IdNr.",
        "Intra-community supply to a company whose VAT id was checked.",
    ),
    "export.goods": ("Ausfuhrlieferung in ein Drittland.", "Export of goods to a third country."),
    "export.services": (
        "Dienstleistung für einen Kunden im Drittland.",
        "Service for a customer in a third country.",
    ),
    "export.person_as_income": (
        "Die Kategorie für Ausfuhren nimmt nur Unternehmen; für eine Person wurde die allgemeine genommen.",
        "The category for exports takes companies only; for a person the general one was used.",
    ),
    "distance_sale.oss": (
        "Fernverkauf an eine Privatperson, besteuert im Land des Kunden (One-Stop-Shop).",
        "Distance sale to a consumer, taxed in the customer's country (One-Stop-Shop).",
    ),
    "distance_sale.origin": (
        "Fernverkauf an eine Privatperson, in Deutschland besteuert (Ursprungsprinzip).",
        "Distance sale to a consumer, taxed in Germany (principle of origin).",
    ),
    "distance_sale.before_oss": (
        "Fernverkauf vor dem ersten Tag im One-Stop-Shop: in Deutschland besteuert.",
        "Distance sale before the first day in the One-Stop-Shop: taxed in Germany.",
    ),
    "zero_rate.domestic": (
        "Beträge ohne Steuer gehen in die Kategorie, die für ihre Ursache gewählt ist.",
        "Amounts without VAT go to the category chosen for their cause.",
    ),
    "multi_purpose_voucher": (
        "Ein Mehrzweckgutschein ist kein Umsatz: er steht in der dafür gewählten Kategorie.",
        "A multi-purpose voucher is no sale: it stands in the category chosen for it.",
    ),
    "vat_id.checked_valid": (
        "Die USt-IdNr. des Kunden wurde geprüft und ist gültig.",
        "The customer's VAT id was checked and is valid.",
    ),
    "vat_id.checked_with_invoice": (
        "Es gilt die Prüfung der USt-IdNr., mit der die Rechnung gebucht wurde.",
        "The check of the VAT id counts with which the invoice was booked.",
    ),
    "vat_id.invalid_tax_as_shown": (
        "Die USt-IdNr. des Kunden ist ungültig: gebucht mit der Steuer, die das Dokument zeigt.",
        "The customer's VAT id is invalid: booked with the tax that the document shows.",
    ),
    "vat_id.not_checked_tax_as_shown": (
        "Die USt-IdNr. konnte nicht geprüft werden: gebucht mit der Steuer, die das Dokument zeigt.",
        "The VAT id could not be checked: booked with the tax that the document shows.",
    ),
    "rates.on_day_of_supply.dispatch": (
        "Maßgeblich für den Steuersatz ist der Tag des Versands.",
        "The day of dispatch decides the rate.",
    ),
    "rates.on_day_of_supply.document": (
        "Maßgeblich für den Steuersatz ist das Datum des Dokuments; ein Versand ist nicht bekannt.",
        "The document's date decides the rate; no dispatch is known.",
    ),
    "rates.on_day_of_supply.corrected_invoice": (
        "Maßgeblich für den Steuersatz ist der Leistungstag der korrigierten Rechnung.",
        "The day of supply of the corrected invoice decides the rate.",
    ),
    "rates.on_day_of_supply.unclear_invoice": (
        "Maßgeblich für den Steuersatz ist das Datum der Korrektur, weil ihre Rechnung nicht eindeutig ist.",
        "The correction's date decides the rate, because its invoice is not certain.",
    ),
    "voucher_date.berlin": (
        "Das Belegdatum ist der deutsche Kalendertag des Dokuments.",
        "The voucher's date is the document's day by the German calendar.",
    ),
    "contact.collective": (
        "Gebucht auf den Sammelkontakt; der Name des Kunden steht am Beleg.",
        "Booked on the collective contact; the customer's name stands on the voucher.",
    ),
    "contact.collective_without_name": (
        "Gebucht auf den Sammelkontakt; die Bestellung nennt keinen verwendbaren Namen.",
        "Booked on the collective contact; the order names no usable name.",
    ),
    "contact.single_by_settings": (
        "Gebucht auf einen eigenen Kontakt des Kunden, nach den Einstellungen.",
        "Booked on a contact of the customer's own, by the settings.",
    ),
    "contact.single_forced": (
        "Gebucht auf einen eigenen Kontakt des Kunden, weil Steuerfall oder Kategorie es verlangen.",
        "Booked on a contact of the customer's own, because tax case or category demand it.",
    ),
    "correction.invoice_named": (
        "Die korrigierte Rechnung ist bekannt und am Beleg genannt.",
        "The corrected invoice is known and named on the voucher.",
    ),
    "correction.invoice_unclear": (
        "Die Bestellung hat mehrere Rechnungen, die gemeint sein können; keine wird genannt.",
        "The order has several invoices that may be meant; none is named.",
    ),
    "correction.within_invoice": (
        "Die Korrekturen nehmen zusammen höchstens zurück, was die Rechnung gebucht hat, je Steuersatz.",
        "All corrections take back at most what the invoice booked, rate by rate.",
    ),
    "correction.invoice_amounts_unknown": (
        "Von der Rechnung ist nur die Summe bekannt; die Korrekturen übersteigen sie nicht.",
        "Only the invoice's total is known; the corrections do not exceed it.",
    ),
    "correction.day_of_supply_of_its_invoice": (
        "Am Beleg steht der Leistungstag der korrigierten Rechnung, weil danach gemeldet wird.",
        "The voucher names the corrected invoice's day of supply, because it is reported by that.",
    ),
    "einvoice.agrees": (
        "Die E-Rechnung in der Datei stimmt mit dem Beleg überein.",
        "The e-invoice inside the file agrees with the voucher.",
    ),
    "einvoice.difference_accepted": (
        "Eine Person hat hingenommen, dass die E-Rechnung vom Beleg abweicht.",
        "A person accepted that the e-invoice differs from the voucher.",
    ),
    "einvoice.unreadable": (
        "Die E-Rechnung in der Datei konnte nicht gelesen werden; verglichen wurde nichts.",
        "The e-invoice inside the file could not be read; nothing was compared.",
    ),
    "einvoice.too_large": (
        "Die E-Rechnung in der Datei ist zu groß zum Lesen; sie hängt am Beleg, verglichen wurde nichts.",
        "The e-invoice inside the file is too large to read; the file is attached, nothing was compared.",
    ),
    "einvoice.pdf_not_opened": (
        "Die Datei ließ sich nicht öffnen, um nach einer E-Rechnung zu sehen; sie wird angehängt.",
        "The file could not be opened to look for an e-invoice; it is attached.",
    ),
}

_UNTAXED = (
    "small_business",
    "margin_scheme",
    "reverse_charge.domestic",
    "reverse_charge.member_state",
    "intra_community_supply",
    "export.goods",
    "export.services",
)
_ZERO_RATES: Mapping[str, tuple[str, str]] = {
    f"zero_rate.{case}": (
        f"Der Betrag ohne Steuer gehört zu diesem Steuerfall. {_CASES[case][0]}",
        f"The amount without VAT belongs to this tax case. {_CASES[case][1]}",
    )
    for case in _UNTAXED
}
_ALL = {**_CASES, **_ZERO_RATES, **AMOUNT_RULES, **EXCLUSION_RULES}

RULES: Mapping[str, RuleText] = MappingProxyType(
    {code: RuleText(*words) for code, words in _ALL.items()}
    | {
        PARKED + reason.value: RuleText(text.cause_de, text.cause_en)
        for reason, text in DOCUMENT_REASONS.items()
    }
)


def reason_of(rule: str) -> DocumentReason | None:
    """The reason whose park the rule is; None for every other rule."""
    return DocumentReason(rule.removeprefix(PARKED)) if rule.startswith(PARKED) else None
