"""Names and addresses of contacts can be told apart; each reading of them fills in what is missing."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PRINTS = ("name_print", "last_name_print", "address_print")


def upgrade() -> None:
    """Add the columns."""
    for name in PRINTS:
        op.add_column("contact_index", sa.Column(name, sa.String(), nullable=True), schema=schema("books"))


def downgrade() -> None:
    """Drop the columns."""
    for name in PRINTS:
        op.drop_column("contact_index", name, schema=schema("books"))
