#!/usr/bin/env bash
# httpx-aiohttp 0.2.0 (with httpx 0.28.1, aiohttp 3.14.5) reports a refused connection and a host name that does not
# exist as httpx.ConnectTimeout, at once, where httpx's own transport raises httpx.ConnectError. Who tells "nobody
# listens there" from "it did not answer in time" by the class, to decide whether to try again, decides wrongly after
# changing the transport; the aiohttp error in __cause__ still tells.
# Seen on 2026-11-30, Python 3.11:
#   own transport   refused: ConnectError      unknown name: ConnectError
#   httpx-aiohttp   refused: ConnectTimeout    unknown name: ConnectTimeout
# Ends with 0 while this is so, with 1 when it has changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip --quiet install httpx==0.28.1 httpx-aiohttp==0.2.0 aiohttp==3.14.5
cat > "$work/seen.py" <<'PYTHON'
import asyncio
import socket
import sys
import time

import httpx
from httpx_aiohttp import AiohttpTransport


async def error_of(transport: httpx.AsyncBaseTransport | None, url: str) -> tuple[str, str, bool]:
    """The class of the error, that of its cause, and whether it came long before any timeout."""
    async with httpx.AsyncClient(transport=transport, timeout=30.0, trust_env=False) as client:
        started = time.monotonic()
        try:
            await client.get(url)
        except httpx.TransportError as error:
            return type(error).__name__, type(error.__cause__).__name__, time.monotonic() - started < 15.0
    raise SystemExit("the request got through")


async def main() -> int:
    # Held and never listened on: nobody can answer there.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{held.getsockname()[1]}/"
        unknown = "http://nobody.invalid/"
        own = [await error_of(None, url) for url in (refused, unknown)]
        other = [await error_of(AiohttpTransport(), url) for url in (refused, unknown)]
    print("own transport ", own)
    print("httpx-aiohttp ", other)
    as_expected = [name for name, _, _ in own] == ["ConnectError"] * 2
    as_seen = [(name, soon) for name, _, soon in other] == [("ConnectTimeout", True)] * 2
    return 0 if as_expected and as_seen else 1


sys.exit(asyncio.run(main()))
PYTHON
"$work/venv/bin/python" "$work/seen.py"
