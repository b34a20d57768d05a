"""What is equal in two spellings of one text: case, blanks, umlauts, accents."""

import unicodedata

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "œ": "oe", "å": "aa"})


def normal(text: str | None) -> str:
    """The text in lower case with single blanks; nothing gives an empty text."""
    return " ".join(unicodedata.normalize("NFKC", text or "").casefold().split())


def folded(text: str | None) -> str:
    """The text in lower case with umlauts written out; accents stand behind their letters."""
    return unicodedata.normalize("NFKD", normal(text).translate(_UMLAUTS))


def in_ascii(domain: str) -> str:
    """The domain as it is looked up; one that is none stays as it is."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain
