"""The sandbox as a process: its directory, its restart after a kill, its end on a signal."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from contract.lexware.office import PDF, client, voucher
from tools.servers.processes import free_ports


@contextlib.asynccontextmanager
async def sandbox(data_dir: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """Run `python -m sandbox` and yield it with the entries of its directory."""
    directory, epages, lexware, vies = free_ports(4)
    ports = ["--port", str(directory), "--epages-port", str(epages), "--lexware-port", str(lexware)]
    ports += ["--vies-port", str(vies)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        *ports,
        "--demo-rate",
        "0",
        env={**os.environ, "DATA_DIR": str(data_dir)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while not (await process.stdout.readline()).startswith(b"sandbox lexware"):
                pass
        async with client(f"http://127.0.0.1:{directory}", {}) as http:
            yield process, (await http.get("/")).json()["simulators"]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def books(entry: dict[str, Any]) -> httpx.AsyncClient:
    return client(entry["base_url"], {"Authorization": f"Bearer {entry['api_key']}"})


async def test_a_killed_sandbox_goes_on_where_it_was(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as (process, entries), books(entries["lexware"]) as http:
        created = (await http.post("/v1/vouchers", json=voucher("KEPT"))).json()
        path = f"/v1/vouchers/{created['id']}"
        uploaded = await http.post(f"{path}/files", files={"file": ("a.pdf", PDF)})
        assert uploaded.status_code == 202
        process.kill()
        await process.wait()
    async with sandbox(tmp_path) as (process, entries), books(entries["lexware"]) as http:
        assert (await http.get(path)).json()["files"] == [uploaded.json()["id"]]
        assert (await http.get(f"/v1/files/{uploaded.json()['id']}")).content == PDF
        query = {"voucherType": "any", "voucherStatus": "any", "voucherNumber": "KEPT"}
        assert (await http.get("/v1/voucherlist", params=query)).json()["totalElements"] == 1
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await process.wait() == 0


async def test_the_directory_names_every_simulator_with_credentials(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as (_, entries):
        assert {"base_url", "shop_id", "access_token"} <= set(entries["epages"])
        lexware = entries["lexware"]
        assert {"base_url", "app_url", "api_key", "client_id", "client_secret", "redirect_uri"} <= set(
            lexware
        )
        async with books(lexware) as http:
            assert (await http.get("/v1/profile")).status_code == 200
