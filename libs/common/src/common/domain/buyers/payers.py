"""By what a payer is recognised later, by whoever has the merchant's key, and by nobody else."""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field, SecretStr

from common.domain.buyers.customers import email_of, names_of
from common.domain.buyers.spelling import folded, in_ascii, normal
from common.domain.documents import Document, Fact, OrderSnapshot

VERSION = "v1"  # of the two spellings below: with another rule hashes begin otherwise, and both can be known
NAME, EMAIL = "name", "email"

_NO_NAME = re.compile(
    "herrn?|hr|frau|fr|familie|fam|eheleute|mrs?|ms|dr|prof|dipl|ing|med|mag|"
    "gmbh|mbh|ag|kg|kgaa|ohg|ug|haftungsbeschraenkt|e[kv]|ekf[mr]|eg|gbr|se|co|partg|partgmbb|"
    "ltd|limited|inc|llc|llp|plc|sarl|srl|bv|nv"
)
_AND = re.compile("und|and|u")
_APOSTROPHES = frozenset("'`\u2018\u2019\u02bc\u00b4")
_SAME_MAILBOX = {"googlemail.com": "gmail.com"}


class PayerHashes(Fact):
    """Hashes of the names and e-mail addresses a payer may use; `repr` shows none of them."""

    names: tuple[str, ...] = Field(default=(), repr=False)
    emails: tuple[str, ...] = Field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PayerKey:
    """The key of one merchant; without it no list of names can be tried against the hashes."""

    value: SecretStr  # in hex

    def name(self, raw: str | None) -> str | None:
        """The hash of a name; None where there is none."""
        return self._hash(NAME, normal_name(raw))

    def email(self, raw: str | None) -> str | None:
        """The hash of an e-mail address; None where there is none that could be written to."""
        return self._hash(EMAIL, normal_email(raw))

    def hashes_of(self, document: Document, order: OrderSnapshot) -> PayerHashes | None:
        """What whoever pays the document may be called; None where nothing is known, or is any more."""
        addresses = [one for one in (document.address, order.billing_address) if one is not None]
        names = _distinct(self.name(name) for address in addresses for name in names_of(address))
        emails = _distinct(self.email(address.email) for address in addresses)
        return PayerHashes(names=names, emails=emails) if names or emails else None

    def _hash(self, kind: str, text: str | None) -> str | None:
        if text is None:
            return None
        key, said = bytes.fromhex(self.value.get_secret_value()), f"{VERSION}:{kind}:{text}"
        return f"{VERSION}:{hmac.digest(key, said.encode('utf-8', 'surrogatepass'), 'sha256').hex()}"


def normal_name(raw: str | None) -> str | None:
    """What all spellings of a name have in common; None where no name is left.

    Between a shop and a provider of payments differ case, blanks, signs, umlauts and accents, the order of
    the words, titles and the forms of companies.
    """
    words = (word for word in _words(raw) if not _AND.fullmatch(word))
    names = (word for word in _initials_joined(words) if not _NO_NAME.fullmatch(word))
    return " ".join(sorted(names)) or None


def normal_email(raw: str | None) -> str | None:
    """What all spellings of an e-mail address have in common; None where it is none."""
    local, _, domain = normal(email_of(raw)).rpartition("@")
    domain = in_ascii(domain)
    return f"{local}@{_SAME_MAILBOX.get(domain, domain)}" if local else None


def _words(raw: str | None) -> Sequence[str]:
    """The words of letters and digits; accents and apostrophes stand inside a word, other signs part them."""
    inside = (one for one in folded(raw) if not unicodedata.combining(one) and one not in _APOSTROPHES)
    return "".join(one if one.isalnum() else " " for one in inside).split()


def _initials_joined(words: Iterable[str]) -> Iterable[str]:
    """The words, letters that stand alone put together: `e. K.` is `eK`, and `J. R.` is `JR`."""
    alone = ""
    for word in words:
        if len(word) == 1:
            alone += word
            continue
        if alone:
            yield alone
        yield word
        alone = ""
    if alone:
        yield alone


def _distinct(hashes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in hashes if one is not None))
