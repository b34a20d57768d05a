"""The SQL twins of `common.domain.keys`, for what is known only where rows are read."""

from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, literal

from common.domain.keys import voucher_key


def voucher_key_in(
    organization_id: SQLColumnExpression[str], connection_id: UUID, document_type: str, number: str
) -> ColumnElement[str]:
    """The effect key of a document's voucher in the books of each organization that is read."""
    begin, end = voucher_key("\0", connection_id, document_type, number).split("\0", 1)
    return literal(begin) + organization_id + literal(end)
