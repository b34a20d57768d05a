"""Decides what linking a shop means when connections are known that lead to the same one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from api.connections.problems import ShopLinkedElsewhere
from api.problems import (
    ConnectionNotUsable,
)

RELEASED_BY_OPERATOR = "An operator released this connection; only an operator brings it back."


class Because(IntEnum):
    """What says that two connections lead to one shop, the strongest first."""

    SAME_ADDRESS = 1
    SAME_ORDERS = 2
    SAME_STOREFRONT = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A connection that leads to the shop being linked.

    `is_at_home`: it calls the host that the shop itself names as its storefront's. `answers`: its shop still
    accepts its token at its own address. `is_spelled_alike` tells twins from before apart.
    """

    connection_id: UUID
    because: Because
    is_ours: bool
    is_in_use: bool
    is_released: bool
    is_at_home: bool
    answers: bool
    is_spelled_alike: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """How a shop is to be linked: at the host it names itself, on a person's word, by an operator."""

    is_at_home: bool
    replace: bool = False
    by_operator: bool = False


def connection_to_use(matches: Sequence[Match], wish: Wish) -> UUID | None:
    """Choose the tenant's connection that leads to the shop from now on; None when a new one is made.

    Raises `ShopLinkedElsewhere`, or `ConnectionNotUsable` for what an operator released.
    """
    ours = sorted((match for match in matches if match.is_ours), key=_first_choice)
    place = next((match for match in ours if match.because is Because.SAME_ADDRESS), None)
    if place is not None and place.is_in_use:
        return place.connection_id
    if not wish.by_operator and any(match.is_released for match in ours):
        raise ConnectionNotUsable(RELEASED_BY_OPERATOR)
    moving = next((match for match in ours if match.is_in_use or place is None), None)
    blocking = [match for match in matches if _blocks(match, wish.is_at_home)]
    if any(moving is None or not _goes_on_beside(moving, match) for match in blocking):
        raise ShopLinkedElsewhere
    if moving is None:
        return None if place is None else place.connection_id
    if wish.replace or (not moving.answers and moving.because is not Because.SAME_STOREFRONT):
        return moving.connection_id
    what = "leads to this shop, and the shop still answers there"
    if moving.because is Because.SAME_STOREFRONT:
        what = "names the same storefront, and no order in common proves that it is this shop"
    raise ShopLinkedElsewhere(
        f"Your connection {moving.connection_id} {what}. "
        "Send replace: true to move that connection to this address."
    )


def _first_choice(match: Match) -> tuple[bool, Because, bool, datetime]:
    return not match.is_in_use, match.because, not match.is_spelled_alike, match.since


def _goes_on_beside(moving: Match, other: Match) -> bool:
    """Whether both were in use for one shop before; a storefront that only we name makes us no such pair."""
    is_proven = moving.because is not Because.SAME_STOREFRONT
    return moving.is_in_use and (is_proven or other.because is Because.SAME_STOREFRONT)


def _blocks(match: Match, is_at_home: bool) -> bool:
    """Whether another tenant's connection stands in the way.

    What a server says of itself is no proof: who only claims to be a shop never keeps out the one that is
    asked at the very host both name.
    """
    if match.is_ours or not match.is_in_use:
        return False
    if match.because is Because.SAME_ADDRESS:
        return True
    return match.answers and (match.is_at_home or not is_at_home)
