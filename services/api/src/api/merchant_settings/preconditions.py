"""Which version a change was made on: `If-Match` as RFC 9110 has it, or `version` in the body."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from api.problems import (
    InvalidRequest,
    PreconditionRequired,
    VersionOutdated,
)
from api.schemas.base import NO_NUL

ANY = "*"
TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
TAGS = re.compile(rf"(?:[ \t]*,)*[ \t]*({TAG.pattern})(?:[ \t]*,[ \t]*(?:{TAG.pattern})?)*[ \t]*")


@dataclass(frozen=True, slots=True)
class Precondition:
    """What the header says; `tags` is None without one, and only the star where any version is meant."""

    tags: frozenset[str] | None

    def check(self, newest: int, version: int | None) -> None:
        """Return when the change was made on the newest version.

        Raises `PreconditionRequired` when nothing says on which, else `VersionOutdated`. A weak tag is equal
        to none: what it stands for may have changed.
        """
        if self.tags is None and version is None:
            raise PreconditionRequired
        if self.tags is not None and ANY not in self.tags:
            if version is not None and tag_of(version) not in self.tags:
                raise InvalidRequest("version and If-Match name different versions.")
            if tag_of(newest) not in self.tags:
                raise VersionOutdated(f"The newest version is {newest}.")
        if version is not None and version != newest:
            raise VersionOutdated(f"The newest version is {newest}.")


def tag_of(number: int) -> str:
    """The entity tag of the version of that number."""
    return f'"{number}"'


def _stated(
    request: Request,
    _: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=500,
            pattern=NO_NUL,
            description="The ETag of the version that was changed, several, or `*` for whichever is there. "
            "Needed unless the body holds `version`.",
        ),
    ] = None,
) -> Precondition:
    given = ", ".join(request.headers.getlist("if-match"))
    if "if-match" not in request.headers:
        return Precondition(None)
    if given.strip() == ANY:
        return Precondition(frozenset({ANY}))
    if TAGS.fullmatch(given) is None:
        raise InvalidRequest('If-Match takes the ETag of a version, such as "3", or * for any.')
    return Precondition(frozenset(TAG.findall(given)))


Stated = Annotated[Precondition, Depends(_stated)]
