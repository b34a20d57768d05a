"""Problems of accepting that e-invoices differ."""

from api.http.problem import Problem


class NothingDiffers(Problem):
    """Only a document that is parked because its e-invoice differs has something to accept."""

    status = 409
    code = "nothing_differs"
    title = "The document is not parked for its e-invoice"
