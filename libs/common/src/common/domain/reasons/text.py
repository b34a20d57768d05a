"""What is said about a reason, whatever it stops: who acts, what cures it, cause and remedy."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ActingParty(StrEnum):
    """Who has to act before it can go on."""

    MERCHANT = "merchant"
    ADVISER = "adviser"
    OPERATOR = "operator"
    NOBODY = "nobody"


class ReleasedBy(StrEnum):
    """What makes it worth another try.

    `document` is another document of its order, such as the invoice it corrects. A document itself never
    changes, and what its order says later never alters it. `table` is our own table of rates, with a release.
    """

    SETTINGS = "settings"
    PROFILE = "profile"
    CONNECTION = "connection"
    DOCUMENT = "document"
    PERSON = "person"
    TIME = "time"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """Cause and remedy of a reason in both languages.

    `waits`: for this long after its subject was first seen it counts as waiting, not as parked, because the
    cause usually goes away by itself; the decision says park all the same and the writer keeps the time.
    """

    who: ActingParty
    released_by: ReleasedBy
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str
    waits: timedelta | None = None
