"""Names of posting categories nobody here books on; they make the list as long as a real one."""

_INCOMES = ("Mieterträge", "Lizenzerlöse", "Beratung", "Montage", "Schulung", "Versicherung", "Zinsen")
_INCOME_KINDS = ("regelmäßig", "einmalig", "gewerblich", "privat", "aus Vorjahren", "sonstige")

INCOME_FILLERS = (
    *(f"{what} {kind}" for what in _INCOMES for kind in _INCOME_KINDS),
    "Erhaltene Anzahlungen",
    "Anlagenverkauf",
    "Privateinlagen",
)

_KINDS = ("laufend", "einmalig", "Nachzahlung", "Erstattung", "Vorjahr", "Sonstiges")

OUTGO_GROUPS: dict[str, tuple[str, ...]] = {
    "Ausland": ("Leistungen §13b EU", "Leistungen §13b Drittland", "Einfuhr aus Drittland"),
    **{
        group: tuple(f"{what} {kind}" for what in whats for kind in _KINDS)
        for group, whats in {
            "Büro": ("Telefon", "Internet", "Porto", "Software", "Zeitschriften"),
            "Fahrzeug": ("Kraftstoff", "Fahrzeugreparatur", "Fahrzeugversicherung", "Leasing", "Parken"),
            "Raumkosten": ("Miete", "Strom", "Heizung", "Reinigung", "Instandhaltung"),
            "Personal": ("Gehälter", "Sozialabgaben", "Aushilfen", "Fremdarbeit"),
            "Werbung": ("Anzeigen", "Messen", "Geschenke"),
            "Waren": ("Wareneinkauf", "Verpackung", "Frachtkosten"),
        }.items()
    },
    "Sonstiges": ("Spenden", "Strafzettel", "Rechtsberatung", "Steuerberatung", "Abschreibungen"),
}
