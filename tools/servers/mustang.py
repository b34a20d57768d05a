"""Mustang, a widespread writer of ZUGFeRD and Factur-X invoices, for files not of our own making."""

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tools.servers.jars import kept_jars
from tools.servers.kafka import find_java
from tools.servers.processes import Unavailable

FOLDER = Path(__file__).resolve().parents[1] / "mustang"
POM, PROGRAM = FOLDER / "pom.xml", FOLDER / "WriteInvoice.java"
VERSION = ET.parse(POM).findtext(".//{*}mustang.version", default="")
COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"
LONGEST_RUN = 90  # seconds


class Wanted(NamedTuple):
    """An e-invoice of one line at 19 %; empty amounts are not written."""

    target: Path
    profile: str
    kind: str
    number: str
    net: str
    rounding: str = ""
    prepaid: str = ""


def fetch_mustang() -> Path:
    """Return the folder with Mustang's jars; raises `Unavailable`."""
    return kept_jars(POM, f"mustang-{VERSION}", "Mustang")


def write_invoices(source: Path, wanted: Sequence[Wanted], folder: Path) -> None:
    """Write each wanted e-invoice into a copy of the source; raises `Unavailable` without Mustang."""
    java, jars = find_java(), fetch_mustang()
    names = ":".join(str(jar) for jar in sorted(jars.glob("*.jar")))
    classes = folder / "classes"
    _run([java, "-cp", names, COMPILER, "-17", "-proc:none", "-cp", names, "-d", str(classes), str(PROGRAM)])
    words = [str(word) for one in wanted for word in (source, *one)]
    _run([java, "-cp", f"{classes}:{names}", "WriteInvoice", *words])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_RUN)
    if done.returncode != 0:
        raise Unavailable(f"Mustang {VERSION}: {(done.stdout + done.stderr).strip()[:500]}")
