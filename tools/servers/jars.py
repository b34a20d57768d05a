"""Jars by their Maven coordinates, fetched once and kept for every checkout of this machine."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tools.servers.processes import Unavailable

FETCH_ATTEMPTS = 3
FETCH_SECONDS = 600


def kept_jars(pom: Path, name: str, what: str) -> Path:
    """Return the folder with the jars of the POM, fetched with Maven if this machine has not kept them.

    `name` tells one version from another, `what` says in errors what is missing.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopbooks"
    folder = cache / name
    if folder.exists():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable(f"native: no {what} kept here and no mvn to fetch it with")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(maven, pom, folder, what)
    return folder


def _fetch(maven: str, pom: Path, folder: Path, what: str) -> None:
    # The folder gets its name only when complete, so a broken fetch leaves nothing that looks usable.
    partial = folder.with_name(f"{folder.name}.partial")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    command = [maven, "-q", "-B", "-f", str(pom), *goal]
    said = ""
    for _ in range(FETCH_ATTEMPTS):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            said = f"no end within {FETCH_SECONDS} s"
            continue
        if done.returncode == 0:
            partial.rename(folder)
            return
        said = " | ".join((done.stdout + done.stderr).strip().splitlines()[:3])
    raise Unavailable(f"native: {what} could not be fetched: {said}")
