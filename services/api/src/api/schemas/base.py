"""What all request and response models share."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

DEFAULT_LIMIT = 50  # items of a page
MAX_LIMIT = 1000

NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps none in a text

T = TypeVar("T")

Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"), return_type=str
    ),
    Field(json_schema_extra={"format": "date-time"}),
]


class Given(BaseModel):
    """A request body; a field we do not know is a mistake and is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Read(BaseModel):
    """Part of an answer; later releases may add fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Page(Read, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Give it as `cursor` to get the next page; null at the end.")


class CommandRead(Read):
    """A command was accepted; its owner carries it out shortly."""

    command_id: UUID
    type: str = Field(examples=["invoice-writer.document.retry.v1"])


class ProblemField(Read):
    """One part of the request that does not fit."""

    pointer: str = Field(examples=["/body/values/mode"])
    code: str = Field(examples=["literal_error"])
    message: str = Field(
        description="Which field, what is wrong with it, and what was expected.",
        examples=["`settings.mode` does not fit; expected one of `automatic`, `paused`."],
    )


class ProblemRead(Read):
    """A problem as of RFC 9457."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="Where the kind of problem is explained.", examples=["/problems/not_found"])
    title: str
    status: int
    code: str = Field(description="The kind of problem; it never changes its meaning.")
    request_id: str = Field(description="Also in the header X-Request-Id.")
    detail: str | None = None
    errors: list[ProblemField] | None = None
