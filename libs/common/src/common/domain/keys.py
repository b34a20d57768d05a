"""Keys of effects and subjects of alarms that several parts must spell alike; pure.

They are stored: whoever spells one in another way looks for another fact.
"""

from uuid import UUID

CONNECTIONS = "connection:"  # what the subjects of all connections begin with


def voucher_key(organization_id: str, connection_id: UUID, document_type: str, number: str) -> str:
    """The effect key of the voucher that stands in an organization's books for a document of a shop."""
    return f"{vouchers_of(organization_id)}{document_subject(connection_id, document_type, number)}"


def vouchers_of(organization_id: str) -> str:
    """What the effect keys of all vouchers in an organization's books begin with."""
    return f"voucher:{organization_id}:"


def file_key(voucher_key: str) -> str:
    """The effect key of the file that belongs to the voucher of that key."""
    return f"file:{voucher_key}"


def document_subject(connection_id: UUID, document_type: str, number: str) -> str:
    """A document as facts and alarms name it."""
    return f"{connection_id}:{document_type}:{number}"


def connection_subject(connection_id: UUID) -> str:
    """A connection as alarms name it."""
    return f"{CONNECTIONS}{connection_id}"
