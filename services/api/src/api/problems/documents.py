"""Problems of asking something of a document as it stands."""

from api.problems.problem import Problem


class FileNotStored(Problem):
    """The shop has not delivered a file for the document."""

    status = 404
    code = "file_not_stored"
    title = "The shop has not delivered a file for this document"


class EInvoiceNotStored(Problem):
    """The document has no file, or its file carries no e-invoice."""

    status = 404
    code = "einvoice_not_stored"
    title = "The document's file carries no e-invoice"


class VatIdNotChecked(Problem):
    """The decision about the document depended on no check of a VAT id."""

    status = 404
    code = "vat_id_not_checked"
    title = "The document depended on no check of a VAT id"


class VatProofNotStored(Problem):
    """No answer of the authority was used yet, or the id's form was answer enough."""

    status = 404
    code = "vat_proof_not_stored"
    title = "There is no answer of the authority behind this check"


class NotParked(Problem):
    """Only parked documents can be tried again or resolved."""

    status = 409
    code = "not_parked"
    title = "The document is not parked"


class NotResolvable(Problem):
    """The reason of a parked document leaves no such choice."""

    status = 409
    code = "not_resolvable"
    title = "The document's reason does not offer this choice"


class FileNotAttachable(Problem):
    """There is no voucher or no file yet, or the file is attached already."""

    status = 409
    code = "file_not_attachable"
    title = "The document has no voucher or no file, or its file is attached"


class OneByOne(Problem):
    """Each document with this reason needs a decision of its own."""

    status = 409
    code = "one_by_one"
    title = "Documents with this reason are decided one by one"


class NothingDiffers(Problem):
    """Only a document that is parked because its e-invoice differs has something to accept."""

    status = 409
    code = "nothing_differs"
    title = "The document is not parked for its e-invoice"


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
