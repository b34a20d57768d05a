"""The kinds of calls that Lexware grants one by one and that fail one by one, like `vouchers.write`."""

from common.http.health import Call


def scope_of(call: Call) -> str:
    """What the call needs: the resource at the end of its path, to be read or written."""
    parts = call.path.strip("/").split("/")
    resource = "files" if "files" in parts else (*parts, "")[1]
    return f"{resource}.{'read' if call.safe else 'write'}"


def reads(scope: str) -> bool:
    """Whether calls of that kind change nothing."""
    return scope.endswith(".read")
