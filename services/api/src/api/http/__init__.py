"""HTTP as this interface speaks it: cursors, the server, what stands around every request."""

from api.http.cursors import CursorSeal
from api.http.middleware import Frame
from api.http.server import WebServer

__all__ = ["CursorSeal", "Frame", "WebServer"]
