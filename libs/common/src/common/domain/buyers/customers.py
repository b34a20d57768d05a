"""Who bought: the customer as a record of the books could hold it, fit for the wire."""

import html
import re
import unicodedata
from typing import Literal

from common.domain.cleaning import clean, clip, utf16_length
from common.domain.documents import Address, Fact, OrderSnapshot
from common.domain.stored_words import ContactKind

TEXT_LIMIT = 100
SALUTATION_LIMIT = 25
SHORT_LIMIT = 60  # of what loses its meaning when it is cut: such a value is dropped instead
EMAIL_LIMIT = 254
PHONE_LIMIT = 30
MOST_DIGITS = 15  # of a telephone number, by international agreement
FEWEST_DIGITS = 6  # a cut number with less is rather a piece of one

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[^\W_]+(?:-+[^\W_]+)*"  # of a domain; umlauts are letters as well
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[^\W\d_]{{2,}}|xn--[a-z0-9-]+)", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9()][0-9 ()/\-]*[0-9)]")
_DASH, _DOT = re.compile(r"[\u2010-\u2015\u2212]"), re.compile(r"[.\u00b7\u2022]")
_BETWEEN_NUMBERS = re.compile(r"[^0-9 ()+/\-]+|(?<=[0-9)]) *(?=\+)")
_PERHAPS_BETWEEN = re.compile(r"/| - ")  # also between an area code and its number
_VAT_ID = re.compile(r"[A-Z]{2}(?=[0-9A-Z+*]*[0-9])[0-9A-Z+*]{2,13}")
_BETWEEN = re.compile(r"[\s./_\-]")
_NO_COMPANY = re.compile(
    "privat(e|er|person|kunde|kundin|käufer|käuferin|kauf|haushalt|adresse|anschrift)?|"
    "private?[rn]? (person|kunde|kundin|kauf|haushalt|adresse|nutzung)|privé|particulier|"
    "end(kunde|kundin|verbraucher)|verbraucher(in)?|herr|frau|herr und frau|familie|eheleute|"
    "person|firma|company|(keine?r?|ohne|no)( firma| angaben?| company| unternehmen| gewerbe)?|"
    "none|null|nein|nix|nichts|leer|unbekannt|entfällt|[kn] ?a|x{1,3}|0+|not applicable|"
    "nicht (vorhanden|zutreffend|angegeben|relevant)|trifft nicht zu"
)
_VAT_PREFIXES = {"GR": "EL"}  # people write the country, the id begins otherwise


class Customer(Fact):
    """A company or a person; every text is clean and short enough, what was unfit is absent.

    `country` is the books' own code, mostly ISO 3166-1 alpha-2. `vat_id` is upper case without separators.
    """

    kind: Literal[ContactKind.COMPANY, ContactKind.PERSON]
    company: str | None = None
    salutation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    supplement: str | None = None
    street: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str
    email: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    shop_customer_number: str | None = None

    @property
    def name(self) -> str:
        """The company's name, or first and last name."""
        if self.kind == ContactKind.COMPANY:
            return self.company or ""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


def customer_of(address: Address | None, order: OrderSnapshot, country: str) -> Customer | None:
    """The customer of a document with this address; None only if no name can be had at all.

    An address without a name gives way to the order's. Who names no company is a person, VAT id or not.
    """
    named = next(
        (one for one in (address, order.billing_address, order.shipping_address) if _named(one)), None
    )
    if named is None:
        return None
    first, last = _text(named.first_name), _text(named.last_name)
    company = company_name(named.company)
    return Customer(
        kind=ContactKind.COMPANY if company else ContactKind.PERSON,
        company=company,
        salutation=_salutation(named),
        first_name=(first or None) if last else None,
        last_name=last or first or None,
        supplement=_text(named.supplement) or None,
        street=_text(named.street) or None,
        zip_code=_short(named.zip_code),
        city=_text(named.city) or None,
        country=country,
        email=email_of(named.email) or _of_billing(order, "email"),
        phone=phone_of(named.phone) or _of_billing(order, "phone"),
        vat_id=vat_id_of(named.vat_id) or _of_billing(order, "vat_id"),
        shop_customer_number=_short(order.customer_number),
    )


def names_of(address: Address) -> tuple[str, ...]:
    """The names the address goes by: the company's, the person's; none where it is empty."""
    person = " ".join(name for name in (_text(address.first_name), _text(address.last_name)) if name)
    return tuple(name for name in (company_name(address.company), person) if name)


def company_name(raw: str | None) -> str | None:
    """The company's name; None where the field holds nothing, signs only, or a word for "none"."""
    text = _text(raw)
    words = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return text if words and not _NO_COMPANY.fullmatch(words) else None


def email_of(raw: str | None) -> str | None:
    """The e-mail address if it can be written to, else None; a domain may have umlauts."""
    text = unicodedata.normalize("NFC", _decoded(raw))
    return text if len(text) <= EMAIL_LIMIT and _EMAIL.fullmatch(text) else None


def phone_of(raw: str | None) -> str | None:
    """A telephone number the books take: the text where it fits, else the first whole number in it."""
    text = clean(_DOT.sub(" ", _DASH.sub("-", unicodedata.normalize("NFKC", _decoded(raw)))))
    if len(text) <= PHONE_LIMIT and _PHONE.fullmatch(text) and _digits(text):
        return text
    return next(filter(None, map(_one_number, _BETWEEN_NUMBERS.split(text))), None)


def vat_id_of(raw: str | None) -> str | None:
    """The VAT id in upper case without separators if it looks like one, else None."""
    text = _BETWEEN.sub("", _decoded(raw)).upper()
    text = _VAT_PREFIXES.get(text[:2], text[:2]) + text[2:]
    return text if _VAT_ID.fullmatch(text) else None


def _one_number(text: str) -> str | None:
    """The text if it is one whole number; of several the first, its area code included."""
    if _digits(text) > MOST_DIGITS:
        fewest = FEWEST_DIGITS + 3 if text.strip().startswith(("+", "00")) else FEWEST_DIGITS
        begins = (text[: end.start()] for end in _PERHAPS_BETWEEN.finditer(text))
        text = next((begin for begin in begins if _digits(begin) >= fewest), "")
    text = text.strip(" /-").removeprefix(")").removesuffix("(").strip(" /-")
    text = text if len(text) <= PHONE_LIMIT else text.replace(" ", "")
    fits = len(text) <= PHONE_LIMIT and FEWEST_DIGITS <= _digits(text) <= MOST_DIGITS
    return text if fits and _PHONE.fullmatch(text) else None


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _of_billing(order: OrderSnapshot, what: Literal["email", "phone", "vat_id"]) -> str | None:
    billing = order.billing_address
    if billing is None:
        return None
    return {"email": email_of, "phone": phone_of, "vat_id": vat_id_of}[what](getattr(billing, what))


def _named(address: Address | None) -> bool:
    if address is None:
        return False
    names = company_name(address.company), _text(address.first_name), _text(address.last_name)
    return any(names)


def _salutation(address: Address) -> str | None:
    plain, title = _decoded(address.salutation), _decoded(address.title)
    for text in (f"{plain} {title}".strip(), plain, title):
        if text and utf16_length(text) <= SALUTATION_LIMIT:
            return text
    return None


def _short(raw: str | None) -> str | None:
    text = _decoded(raw)
    return text if text and utf16_length(text) <= SHORT_LIMIT else None


def _text(raw: str | None) -> str:
    return clip(_decoded(raw), TEXT_LIMIT)


def _decoded(raw: str | None) -> str:
    """Shops deliver texts with or without HTML entities; only whole ones are taken for such."""
    return clean(_ENTITY.sub(lambda entity: html.unescape(entity.group()), raw or ""))
