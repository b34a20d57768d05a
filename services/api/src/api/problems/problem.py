"""What every RFC 9457 problem is and how it goes over the wire."""

from typing import Any, ClassVar

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """An answer that is no success; its class decides status, code and title."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"
    detail: ClassVar[str | None] = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        self.said = detail or self.detail
        self.headers = headers or {}
        self.errors = errors
        super().__init__(self.code)

    def body(self, request_id: str) -> dict[str, Any]:
        """The problem as it goes over the wire; it holds no value the client sent."""
        content: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "request_id": request_id,
        }
        more = {"detail": self.said or None, "errors": self.errors}
        return content | {name: value for name, value in more.items() if value is not None}
