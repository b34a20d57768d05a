"""What it means when a rule about amounts fired: German and English."""

from collections.abc import Mapping

AMOUNT_RULES: Mapping[str, tuple[str, str]] = {
    "shipping.by_order_taxes": (
        "Der Versand folgt den Steuerangaben der Bestellung dafür.",
        "Shipping follows the order's own tax entries for it.",
    ),
    "shipping.by_goods_value": (
        "Der Versand ist nach dem Wert der Waren auf die Steuersätze verteilt.",
        "Shipping is spread over the rates by the value of the goods.",
    ),
    "payment_fee.by_order_taxes": (
        "Die Zahlungsgebühr folgt den Steuerangaben der Bestellung dafür.",
        "The payment fee follows the order's own tax entries for it.",
    ),
    "payment_fee.by_goods_value": (
        "Die Zahlungsgebühr ist nach dem Wert der Waren auf die Steuersätze verteilt.",
        "The payment fee is spread over the rates by the value of the goods.",
    ),
    "extras.by_goods_value": (
        "Zuschläge ohne eigene Zeile sind nach dem Wert der Waren auf die Steuersätze verteilt.",
        "Extras without a line of their own are spread over the rates by the value of the goods.",
    ),
    "correction.amounts_made_positive": (
        "Die Beträge der Korrektur stehen im Beleg positiv, wie die Buchhaltung es verlangt.",
        "The correction's amounts stand in the voucher as positive ones, as the books demand.",
    ),
    "amounts.one_rate": (
        "Alles im Dokument hat denselben Steuersatz: seine Summe ist der Bruttobetrag.",
        "Everything in the document has one rate: its total is the gross amount.",
    ),
    "tax_free.home_rates_taken_out": (
        "Das Dokument ist steuerfrei, seine Zeilen nennen Bruttopreise: die Steuer ist herausgerechnet.",
        "The document is free of tax but its lines name gross prices: the tax was taken out of them.",
    ),
    "tax.by_column": (
        "Die Steuer ist je Steuersatz aus dem Bruttobetrag gerechnet.",
        "The tax is computed from the gross amount of each rate.",
    ),
    "tax.difference_recorded": (
        "Die Steuer weicht um höchstens einen Cent je Steuersatz von der des Shops ab; das ist festgehalten.",
        "The tax differs from the shop's by a cent per rate at most; that is recorded.",
    ),
    "net_prices.tax_added": (
        "Die Preise des Shops sind netto; die Steuer ist je Steuersatz aufgeschlagen.",
        "The shop's prices are net; the tax is put on top of each rate.",
    ),
    "net_prices.cents_on_highest_rate": (
        "Rundungscents bis zur Summe des Dokuments stehen beim höchsten Steuersatz.",
        "Cents of rounding up to the document's total stand at the highest rate.",
    ),
    "coupon.line_shares": (
        "Der Gutschein ist abgezogen, wie die Zeilen ihren Anteil nennen.",
        "The coupon is taken off as the lines name their shares.",
    ),
    "coupon.in_proportion": (
        "Der Gutschein ist im Verhältnis der Warenwerte abgezogen.",
        "The coupon is taken off in proportion to the value of the goods.",
    ),
    "basket_discount.in_proportion": (
        "Der Warenkorbrabatt ist im Verhältnis der Warenwerte abgezogen.",
        "The basket's discount is taken off in proportion to the value of the goods.",
    ),
    "extras.rate_of_their_line": (
        "Zuschläge einer Zeile haben deren Steuersatz.",
        "Extras of a line have the rate of that line.",
    ),
}
