"""What it means when a rule left a document out: German and English."""

from collections.abc import Mapping

EXCLUSION_RULES: Mapping[str, tuple[str, str]] = {
    "zero_total": (
        "Die Summe ist null und es verschiebt sich keine Steuer: es gibt nichts zu buchen.",
        "The total is zero and no tax moves: there is nothing to book.",
    ),
    "before_start_date": (
        "Das Dokument ist älter als das Startdatum der Einstellungen.",
        "The document is older than the start date in the settings.",
    ),
    "original_excluded": (
        "Die Rechnung wurde ausgelassen, deshalb auch ihre Korrektur.",
        "The invoice was left out, so its correction is too.",
    ),
    "payment_method": (
        "Die Einstellungen lassen Bestellungen mit dieser Zahlungsart aus.",
        "The settings leave out orders paid in this way.",
    ),
    "tag": (
        "Die Einstellungen lassen Bestellungen mit dieser Markierung aus.",
        "The settings leave out orders with this tag.",
    ),
    "booked_by_hand": (
        "Eine Person sagt, dass das Dokument außerhalb dieses Produkts gebucht wurde.",
        "A person said that the document was booked outside of this product.",
    ),
    "surplus_voucher_deleted": (
        "Der Beleg war doppelt und wurde gelöscht; der Beleg desselben Dokuments bleibt.",
        "Its voucher was one too many and was deleted; that of the same document stays.",
    ),
    "excluded_by_person": (
        "Eine Person hat das Dokument mit Begründung ausgelassen.",
        "A person left the document out, with a reason.",
    ),
}
