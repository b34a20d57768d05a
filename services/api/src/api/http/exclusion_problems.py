"""Problems of leaving documents out of the books and taking them in again."""

from api.http.problem import Problem


class NotOpen(Problem):
    """Only a document without a voucher that is parked or waits can be excluded."""

    status = 409
    code = "not_open"
    title = "The document is booked, excluded or in line"


class NotExcluded(Problem):
    """Only what a person excluded can be taken in again."""

    status = 409
    code = "not_excluded"
    title = "The document was not excluded by a person"


class DateNotAsked(Problem):
    """The document's date of issue is known."""

    status = 409
    code = "date_not_asked"
    title = "The document is not parked for a missing date"
