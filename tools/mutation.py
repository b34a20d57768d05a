"""Changes the decision core in a thousand small ways and tells which changes no test notices.

Works in a copy with the layout mutmut expects; the work tree is never touched. `make mutation` runs it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = ROOT / "libs" / "common" / "src" / "common"
DOMAIN = COMMON / "domain"
MODULES = (
    "amounts/rates",
    "buyers/territories",
    "buyers/vat_ids",
    "deciding/contact",
    "deciding/decision",
    "deciding/rules",
    "taxcases/abroad",
    "taxcases/corrections",
    "taxcases/eu",
    "taxcases/home",
    "taxcases/order",
    "taxcases/sale",
    "taxcases/treatment",
)
TESTS = (
    "unit/common/domain/deciding/test_decide*.py",
    "unit/common/domain/amounts/test_rates.py",
    "unit/common/domain/amounts/test_tax.py",
    "unit/common/domain/taxcases/test_tax*.py",
    "unit/common/domain/buyers/test_territories.py",
    "unit/common/domain/buyers/test_vat_ids.py",
    "unit/tax/test_[!r]*.py",  # the walks of remedies read other tests
)
CONFIG = """\
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{modules}]
pytest_add_cli_args_test_selection = ["tests/unit"]
also_copy = ["docs", "tests"]
timeout_constant = 60.0

[tool.pytest.ini_options]
pythonpath = ["tests"]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
"""


def main() -> None:
    """Run the mutants and print those that survived, each with what was changed."""
    parser = argparse.ArgumentParser("python -m tools.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; else all")
    parser.add_argument("--children", type=int, default=2, help="how many mutants are tried at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        copy = Path(place)
        lay_out(copy, options.modules or MODULES)
        tool = [sys.executable, "-m", "mutmut"]
        subprocess.run([*tool, "run", "--max-children", str(options.children)], cwd=copy, check=False)
        found = subprocess.run([*tool, "results"], cwd=copy, check=True, capture_output=True, text=True)
        names = [line.split(":")[0].strip() for line in found.stdout.splitlines() if ":" in line]
        sys.stdout.write(f"\n{len(names)} mutants survived\n{found.stdout}\n")
        for name in names:
            subprocess.run([*tool, "show", name], cwd=copy, check=True)


def lay_out(copy: Path, chosen: Sequence[str]) -> None:
    """The package, its tests and the pages they read stand where the tool looks for them."""
    shutil.copytree(COMMON, copy / "src" / "common", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs", copy / "docs")
    for package in ("cases", "factories"):
        shutil.copytree(ROOT / "tests" / package, copy / "tests" / package)
    for test in chosen_tests():
        target = copy / "tests" / test
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "tests" / test, target)
    modules = ", ".join(f'"src/common/domain/{name}.py"' for name in chosen)
    (copy / "pyproject.toml").write_text(CONFIG.format(modules=modules))


def chosen_tests() -> list[Path]:
    """Name the tests that look at the decision core, as they lie under tests/."""
    base = ROOT / "tests"
    return sorted(path.relative_to(base) for pattern in TESTS for path in base.glob(pattern))


if __name__ == "__main__":
    main()
