"""File uploads as multipart forms."""

import httpx


def file_form(field: str, name: str, content: bytes, media_type: str) -> tuple[bytes, str]:
    """The body of a form with one file, and its content type."""
    request = httpx.Request("POST", "http://form", files={field: (name, content, media_type)})
    return request.read(), request.headers["content-type"]
