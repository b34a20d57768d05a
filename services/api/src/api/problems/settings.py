"""Problems of a merchant's settings."""

from api.problems.problem import Problem


class CategoriesNotRead(Problem):
    """The books were not read yet: without books in use never, after linking them within a minute."""

    status = 409
    code = "categories_not_read"
    title = "The books' categories are not known yet"


class VersionOutdated(Problem):
    """The change was made on an older version than the newest."""

    status = 412
    code = "version_outdated"
    title = "The settings were changed in the meantime"


class PreconditionRequired(Problem):
    """A change must say which version it was made on, or that any will do."""

    status = 428
    code = "precondition_required"
    title = "The change does not say which version it was made on"
    detail = (
        "Send the ETag of what you read as If-Match, or its number as version in the body; "
        "If-Match: * replaces whatever is there."
    )
