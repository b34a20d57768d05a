"""Ids that are types of their own, because two of them meet and could be swapped."""

from typing import NewType
from uuid import UUID

ShopConnectionId = NewType("ShopConnectionId", UUID)  # where a document comes from
BooksConnectionId = NewType("BooksConnectionId", UUID)  # where it is booked
